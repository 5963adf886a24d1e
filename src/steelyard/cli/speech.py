"""An answer on the terminal as it is written."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field

from steelyard.cli.desk import Desk
from steelyard.cli.words import plain, visible
from steelyard.client.shapes import ChatChunk


@dataclass(slots=True)
class Speech:
    """Writes answers to the desk, and each note about them once."""

    desk: Desk
    with_timings: bool = False
    _told: set[str] = field(default_factory=set)

    def write(self, chunks: Generator[ChatChunk, None, None]) -> "Spoken":
        """All of an answer. Ctrl-C hangs up, which stops the model; what came until then stands in the result."""
        spoken = Spoken()
        try:
            with closing(chunks):
                for chunk in chunks:
                    self._piece(spoken, chunk)
        except KeyboardInterrupt:
            spoken.is_interrupted = True
        finally:
            self._end_line(spoken)
        return spoken

    def _piece(self, spoken: "Spoken", chunk: ChatChunk) -> None:
        if thought := chunk["delta"].get("reasoning"):
            self._think(spoken, thought)
        if text := chunk["delta"].get("content"):
            self._say(spoken, text)
        if chunk["done"]:
            self._end_line(spoken)
            self._about(chunk)

    def _say(self, spoken: "Spoken", text: str) -> None:
        out = self.desk.out
        if spoken.is_thinking:
            self._close_thought(spoken)
        print(visible(text) if out.isatty() else text, end="", file=out, flush=True)
        spoken.text += text

    def _think(self, spoken: "Spoken", thought: str) -> None:
        """What a model thinks is no part of its answer, and shown to people only."""
        if self.desk.err.isatty():
            head = "" if spoken.is_thinking else "Thinking: "
            print(head + visible(thought), end="", file=self.desk.err, flush=True)
            spoken.is_thinking = True

    def _close_thought(self, spoken: "Spoken") -> None:
        spoken.is_thinking = False
        self.desk.notice("")

    def _end_line(self, spoken: "Spoken") -> None:
        if spoken.is_thinking:
            self._close_thought(spoken)
        if spoken.text and not spoken.is_ended:
            spoken.is_ended = True
            if not spoken.text.endswith("\n"):
                self.desk.print("")

    def _about(self, chunk: ChatChunk) -> None:
        for note in chunk.get("notes", []):
            if note not in self._told:
                self._told.add(note)
                self.desk.notice(f"Note: {plain(note)}")
        if self.with_timings:
            self.desk.notice(timings_line(chunk))


@dataclass(slots=True)
class Spoken:
    """What was said, as far as it came."""

    text: str = ""
    is_interrupted: bool = False
    is_thinking: bool = False
    is_ended: bool = False


def timings_line(chunk: ChatChunk) -> str:
    """How long an answer took, for people."""
    usage, timings = chunk.get("usage"), chunk.get("timings")
    if usage is None or timings is None:
        return "No timings."
    tokens, first, total = usage["completion_tokens"], timings["first_token_ms"], timings["total_ms"]
    writing = timings["answer_ms"] or total - (first or 0.0)
    facts = [f"{tokens} tokens in {_seconds(total)}"]
    facts += [f"{tokens / writing * 1000:.1f} tokens/s"] if tokens and writing > 0 else []
    facts += [f"first after {_seconds(first)}"] if first is not None else []
    facts += [f"loaded in {_seconds(timings['load_ms'])}"] if timings["load_ms"] >= 1 else []
    facts += [f"waited {_seconds(timings['queue_ms'])}"] if timings["queue_ms"] >= 10 else []
    return ", ".join(facts)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f} s"
