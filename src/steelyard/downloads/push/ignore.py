"""Which files a ``.gitignore`` keeps out of a commit, as git reads it (gitignore(5)). Pure.

Matched part by part: a pattern as one regular expression takes for ever with some that people could send.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

_MAX_LINES = 300
_MAX_PATTERN = 300
_ANY_DEPTH = "**"


@dataclass(frozen=True, slots=True)
class _Rule:
    parts: tuple[str, ...]
    keeps: bool
    only_folders: bool


class Ignored:
    """The rules of one file; without any nothing is ignored."""

    def __init__(self, text: str = "") -> None:
        lines = text.splitlines()[:_MAX_LINES]
        self._rules = [rule for line in lines if (rule := _rule(line)) is not None]

    def __contains__(self, path: str) -> bool:
        """Whether a file is ignored: itself, or a folder above it, from which nothing comes back."""
        return bool(self._rules) and any(self._matches(parts, is_folder=folder) for parts, folder in _above(path))

    def _matches(self, parts: Sequence[str], *, is_folder: bool) -> bool:
        """The last rule that speaks of a name decides."""
        for rule in reversed(self._rules):
            if (is_folder or not rule.only_folders) and _fits(rule.parts, parts):
                return not rule.keeps
        return False


def _above(path: str) -> Iterator[tuple[Sequence[str], bool]]:
    parts = path.split("/")
    for number in range(1, len(parts)):
        yield parts[:number], True
    yield parts, False


def _rule(line: str) -> _Rule | None:
    text = line.rstrip()
    if not text or text.startswith("#") or len(text) > _MAX_PATTERN:
        return None
    keeps, text = text.startswith("!"), text.removeprefix("!").removeprefix("\\")
    only_folders, text = text.endswith("/"), text.rstrip("/")
    parts = tuple(text.removeprefix("/").split("/"))
    if not all(parts):
        return None
    return _Rule(parts if "/" in text else (_ANY_DEPTH, *parts), keeps, only_folders)


def _fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    """``reached`` are the numbers of parts that the pattern so far can stand for; at its end ``**`` is at least one."""
    reached = {0}
    for place, piece in enumerate(pattern, 1):
        if piece == _ANY_DEPTH:
            reached = set(range(min(reached) + (place == len(pattern)), len(parts) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(parts) and fnmatchcase(parts[at], piece)}
        if not reached:
            return False
    return len(parts) in reached
