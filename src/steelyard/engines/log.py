"""The last lines that a process wrote. Pure."""

import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path

_LINES = 200
_WIDTH = 500  # characters of one line that are kept
_PATH = re.compile(r"(?<![\w.:/])(?:/[\w.@+~-]+){2,}/?|(?<![\w.:/])~(?:/[\w.@+~-]+)+")
_SECRET = re.compile(
    r"\b(?:(?:sk|pk|rk|gsk|xai|nvapi|hf|key)[-_]|AIza)[\w*.…-]{6,}|(?<=\bBearer )\S+", re.IGNORECASE
)  # keys of servers that are known, which some quote when they refuse them


class LogTail:
    """Fed with bytes as they come, it keeps the last whole lines; a line that never ends is cut."""

    def __init__(self, lines: int = _LINES) -> None:
        self._lines: deque[str] = deque(maxlen=lines)
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Take in what was written; returns the lines that became whole."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-4 * _WIDTH :]
        lines = [text for line in whole if (text := _text(line))]
        self._lines.extend(lines)
        return lines

    def last(self, count: int = _LINES) -> Sequence[str]:
        """The last lines, the oldest first, an unfinished one too."""
        rest = _text(self._rest)
        lines = [*self._lines, rest] if rest else list(self._lines)
        return lines[-count:]


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip()[:_WIDTH]


def without_secrets(text: str, key: str | None = None) -> str:
    """The text without what looks like a key of a server, and without this one."""
    return _SECRET.sub("…", text.replace(key, "…") if key else text)


def without_paths(text: str, known: Path | None = None) -> str:
    """The text with the file's name alone in place of each path of this machine.

    What lies beside a ``known`` file, or above it, is found even where there are spaces in the path.
    """
    folders = [] if known is None else [f"{one}/" for one in known.parents if len(one.parts) > 1]
    if known is not None and folders:
        beyond = "|".join(re.escape(one) for one in folders)
        text = re.sub(rf"(?<![\w.:/])(?:{beyond})", "", text.replace(str(known), known.name))
    return _PATH.sub(lambda found: found[0].rstrip("/").rpartition("/")[2], text)
