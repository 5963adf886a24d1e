"""Paths in the store. ``hub/`` is a plain Hugging Face cache; ``.steelyard/`` on the same file system is ours.

    hub/models--org--name/blobs/<etag>                     the bytes, once
    hub/models--org--name/snapshots/<commit>/<path>        relative links to the blobs
    hub/models--org--name/refs/<revision>                  the commit a branch or tag means; written last
    .steelyard/parts/<algorithm>-<hex>.part                what has come in so far
    .steelyard/quarantine/<algorithm>-<hex>                verified, but not shown to anybody yet
    .steelyard/foreign/…                                   files of strangers that stood in a blob's place
    .steelyard/trash/<catalog id>/…                        the whole folder of a deleted repository

Part files live outside ``hub/`` because ``hf cache prune`` deletes ``*.incomplete`` there.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from steelyard.core.digest import Digest
from steelyard.core.errors import BadRequest
from steelyard.core.ref import Kind, is_commit

_MAX_PART = 255  # bytes in one name, on every common file system
_FORBIDDEN = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}


class UnsafeName(BadRequest):
    """A hub announced a file name that could escape its folder or exist only on some systems."""

    slug = "unsafe-file-name"
    title = "A file in this repository has an unsafe name"


@dataclass(frozen=True, slots=True)
class RepoFolder:
    """The folder of one repository in the cache."""

    kind: Kind
    repo: str

    @property
    def name(self) -> str:
        """``models--org--name``, as every Hugging Face library spells it."""
        return "--".join([self.kind.plural, *self.repo.split("/")])


class Layout:
    """All paths below the root of a store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hub = root / "hub"
        self.private = root / ".steelyard"
        self.parts = self.private / "parts"
        self.quarantined = self.private / "quarantine"
        self.foreign = self.private / "foreign"
        self.trash = self.private / "trash"

    def create(self) -> None:
        """Make the folders; ours are closed to other users."""
        self.hub.mkdir(parents=True, exist_ok=True)
        for folder in (self.private, self.parts, self.quarantined, self.foreign, self.trash):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def part(self, digest: Digest) -> Path:
        """Where a blob comes in."""
        return self.parts / f"{digest.algorithm}-{digest.hex}.part"

    def quarantine(self, digest: Digest) -> Path:
        """Where a verified blob waits for an administrator."""
        return self.quarantined / f"{digest.algorithm}-{digest.hex}"

    def blob(self, folder: RepoFolder, digest: Digest) -> Path:
        """Where a repository keeps a blob."""
        return self.hub / folder.name / "blobs" / digest.hex

    def snapshot(self, folder: RepoFolder, commit: str, path: str) -> Path:
        """Where a file of a revision is seen. Raises UnsafeName."""
        if not is_commit(commit):
            raise UnsafeName(f"{commit[:60]!r} is no commit.")
        return self.hub / folder.name / "snapshots" / commit / safe_path(path)

    def ref(self, folder: RepoFolder, name: str) -> Path:
        """Where a branch or tag is written. Raises UnsafeName."""
        return self.hub / folder.name / "refs" / safe_path(name)


def safe_path(name: str) -> PurePosixPath:
    """A relative path that stays below its folder on every system. Raises UnsafeName."""
    parts = name.split("/")
    if any(_is_unsafe(part) for part in parts):
        raise UnsafeName(
            f"The file name {name[:120]!r} cannot be stored safely.",
            hint="Leave it out with --exclude, and tell the repository's owner.",
        )
    return PurePosixPath(*parts)


def _is_unsafe(part: str) -> bool:
    if part in {"", ".", ".."} or part.endswith((".", " ")) or not _FORBIDDEN.isdisjoint(part):
        return True
    return len(part.encode("utf-8", "surrogatepass")) > _MAX_PART or not part.isprintable()
