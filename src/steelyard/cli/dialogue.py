"""A conversation at the terminal, question by question."""

from dataclasses import dataclass, field
from typing import Any

from steelyard.cli.desk import Ask, Desk
from steelyard.cli.speech import Speech, Spoken
from steelyard.cli.words import plain
from steelyard.client import ApiError, Client, NotFound, ServerUnreachable
from steelyard.client.questions import ChatOptions

_LEAVE = {"/bye", "/exit", "/quit"}
_HELP = 'Commands: /clear forgets what was said, /bye or Ctrl-D leaves. """ begins and ends a text of several lines.'
_LONG = '"""'


@dataclass(slots=True)
class Dialogue:
    """One conversation. With a ``session`` the depot remembers what was said, else this object does."""

    desk: Desk
    client: Client
    model: str
    options: ChatOptions
    speech: Speech
    system: str | None = None
    _said: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> None:
        """Until the person leaves: Ctrl-D, a command, or Ctrl-C twice."""
        self._begin()
        with self.desk.editing() as ask:
            try:
                self._go_on(ask)
            except (EOFError, KeyboardInterrupt):
                self.desk.notice("")

    def _go_on(self, ask: Ask) -> None:
        """Returns, or raises EOFError or KeyboardInterrupt, when the person leaves."""
        is_leaving = False
        while True:
            try:
                line = _read(ask)
            except KeyboardInterrupt:
                if is_leaving:
                    raise
                is_leaving = True
                self.desk.notice("\nCtrl-C again, or Ctrl-D, leaves.")
                continue
            if line.strip() in _LEAVE:
                return
            is_leaving = self._answer(line)

    def _begin(self) -> None:
        self._said = [] if self.system is None or self._is_under_way() else [message("system", self.system)]

    def _is_under_way(self) -> bool:
        """Whether the depot knows of what was said before, and with it of how it began."""
        session = self.options.get("session")
        if session is None:
            return False
        try:
            self.client.sessions.get(session)
        except NotFound:
            return False
        self.desk.notice(f"The session {plain(session)} has begun already; --system is for new ones.")
        return True

    def _answer(self, line: str) -> bool:
        """Do what the line says; whether the answer was interrupted."""
        if not line.strip():
            return False
        if line.startswith("/"):
            self._obey(line.strip())
            return False
        try:
            return self._say(line)
        except (ApiError, ServerUnreachable) as error:  # the next question may go well
            self.desk.complain(error)
            return False

    def _say(self, line: str) -> bool:
        question = [*self._said, message("user", line)]
        spoken = self.speech.write(self.client.chat.stream(self.model, question, **self.options))
        self._said = self._kept(question, spoken)
        if spoken.is_interrupted:
            self.desk.notice("Stopped. Ctrl-C again leaves.")
        return spoken.is_interrupted

    def _kept(self, question: list[dict[str, Any]], spoken: Spoken) -> list[dict[str, Any]]:
        """What to say again before the next question."""
        if self.options.get("session") is not None:  # the depot keeps whole answers, and none that was stopped
            return self._said if spoken.is_interrupted else []
        return [*question, message("assistant", spoken.text)] if spoken.text else self._said

    def _obey(self, command: str) -> None:
        if command != "/clear":
            self.desk.notice(_HELP if command in {"/help", "/?"} else f"{plain(command)} is no command. {_HELP}")
            return
        session = self.options.get("session")
        if session is not None:
            try:
                self.client.sessions.delete(session)
            except NotFound:  # nothing was said yet
                pass
            except (ApiError, ServerUnreachable) as error:
                self.desk.complain(error)
                return
        self._begin()
        self.desk.notice("Forgotten; the next question begins anew.")


def message(role: str, text: str) -> dict[str, Any]:
    """One message, as OpenAI's protocol has it."""
    return {"role": role, "content": text}


def _read(ask: Ask) -> str:
    """A line, or several between triple quotes."""
    line = ask(">>> ")
    if not line.startswith(_LONG):
        return line
    text = line.removeprefix(_LONG)
    while not text.rstrip().endswith(_LONG):
        text = f"{text}\n{ask('... ')}"
    return text.rstrip().removesuffix(_LONG)
