"""Everything that was seen of a mirror. The checks read it and ask nothing themselves."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from steelyard.cli.mirror.answer import Answer, Outcome
from steelyard.cli.mirror.place import Place
from steelyard.cli.mirror.seat import Seat


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file as the tree lists it; ``sha256`` is None for what is no LFS file."""

    path: str
    size: int
    oid: str
    sha256: str | None

    @property
    def is_weights(self) -> bool:
        """Whether it is one of the large files, which LFS keeps."""
        return self.sha256 is not None


@dataclass(frozen=True, slots=True)
class FileLook:
    """One file asked for as clients do: HEAD without compression, then GET with."""

    file: TreeFile
    head: Outcome
    get: Outcome


@dataclass(frozen=True, slots=True)
class RangeLook:
    """Parts of files: the first byte and the last (open at its end), byte 1 if the file is the same, and if not."""

    size: int
    first: Outcome
    last: Outcome
    same: Outcome | None
    other: Outcome


@dataclass(frozen=True, slots=True)
class ModelLook:
    """A repository looked at. ``look_large`` is the same as ``look_small`` where the depot would have to fetch more."""

    commit: str
    files: Sequence[TreeFile]
    tree: Outcome
    first_page: Outcome
    next_page: Outcome | None
    paths: Outcome | None
    look_small: FileLook | None
    look_large: FileLook | None
    ranges: RangeLook | None
    pace: Outcome | None
    missing_file: Outcome


@dataclass(frozen=True, slots=True)
class Choice:
    """Which model was looked at, and which of its files the depot has; ``listing`` is its shelf when asked."""

    name: str | None
    stored: Set[str] = frozenset()
    listing: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """``tried`` are the addresses in order; ``hello`` and what follows belong to ``place``: one of them.

    ``me`` is what the depot's own route says about who asks. From ``whoami`` on all is None when nobody there speaks
    the hub's protocol.
    """

    seat: Seat
    place: Place
    tried: Sequence[str]
    hello: Outcome
    me: Outcome | None = None
    whoami: Outcome | None = None
    missing_repo: Outcome | None = None
    choice: Choice | None = None
    info: Outcome | None = None
    model: ModelLook | None = None

    def answers(self) -> Iterator[Answer]:
        """Every answer that clients would see as well."""
        for outcome in (self.hello, self.whoami, self.info, *self._of_model()):
            if isinstance(outcome, Answer):
                yield outcome

    def looks(self) -> list[FileLook]:
        """The files looked at, each once."""
        if self.model is None:
            return []
        both = (self.model.look_small, self.model.look_large)
        return list({look.file.path: look for look in both if look is not None}.values())

    def _of_model(self) -> Iterator[Outcome | None]:
        if self.model is not None:
            yield from (self.model.tree, self.model.first_page, self.model.paths)
            for look in self.looks():
                yield from (look.head, look.get)


def tree_file(row: Mapping[str, Any]) -> TreeFile | None:
    """A row of the tree; None for a folder, and for what no client could read."""
    path, size, lfs = row.get("path"), row.get("size"), row.get("lfs")
    if row.get("type") != "file" or not isinstance(path, str) or not isinstance(size, int):
        return None
    sha256 = lfs.get("oid") if isinstance(lfs, dict) else None
    return TreeFile(path, size, str(row.get("oid", "")), sha256 if isinstance(sha256, str) else None)
