"""Paths in the store. ``hub/`` is a plain Hugging Face cache; ``.steelyard/`` on the same file system is ours.

    hub/models--org--name/blobs/<etag>                     the bytes, once
    hub/models--org--name/snapshots/<commit>/<path>        relative links to the blobs
    hub/models--org--name/refs/<revision>                  the commit a branch or tag means; written last
    .steelyard/parts/<algorithm>-<hex>.part                what has come in so far
    .steelyard/quarantine/<algorithm>-<hex>                verified, but not shown to anybody yet
    .steelyard/foreign/…                                   files of strangers that stood in a blob's place
    .steelyard/trash/<catalog id>/…                        the whole folder of a deleted repository
    .steelyard/private/models--org--name/…                 a private repository, laid out as in ``hub/``
    .steelyard/uploads/<catalog id>/<algorithm>-<hex>      what people sent for a repository, and no commit has yet

Part files live outside ``hub/`` because ``hf cache prune`` deletes ``*.incomplete`` there. Private repositories do
because everybody on the machine may read ``hub/``, while ``.steelyard/`` is closed to other users (0700).
"""

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from steelyard.core.digest import Digest
from steelyard.core.errors import BadRequest
from steelyard.core.ref import Kind, is_commit

SHELF, PRIVATE_SHELF = "hub", ".steelyard/private"  # relative to the store
_MAX_PART = 255  # bytes in one name, on every common file system
_FORBIDDEN = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}


class UnsafeName(BadRequest):
    """A hub announced a file name that could escape its folder or exist only on some systems."""

    slug = "unsafe-file-name"
    title = "A file in this repository has an unsafe name"


@dataclass(frozen=True, slots=True)
class RepoFolder:
    """The folder of one repository: on the shelf that everybody may read, or on the private one."""

    kind: Kind
    repo: str
    private: bool = False

    @property
    def name(self) -> str:
        """``models--org--name``, as every Hugging Face library spells it."""
        return "--".join([self.kind.plural, *self.repo.split("/")])

    @property
    def place(self) -> str:
        """Where it lies, relative to the store."""
        return f"{PRIVATE_SHELF if self.private else SHELF}/{self.name}"

    @property
    def elsewhere(self) -> "RepoFolder":
        """Its folder on the other shelf."""
        return replace(self, private=not self.private)


class Layout:
    """All paths below the root of a store."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hub = root / SHELF
        self.private = root / ".steelyard"
        self.parts = self.private / "parts"
        self.quarantined = self.private / "quarantine"
        self.foreign = self.private / "foreign"
        self.trash = self.private / "trash"
        self.uploads = self.private / "uploads"
        self.private_shelf = root / PRIVATE_SHELF

    def create(self) -> None:
        """Make the folders; ours are closed to other users."""
        self.hub.mkdir(parents=True, exist_ok=True)
        ours = (self.parts, self.quarantined, self.foreign, self.trash, self.uploads, self.private_shelf)
        for folder in (self.private, *ours):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def shelves(self) -> tuple[Path, Path]:
        """Where repositories lie that are not in the trash."""
        return self.hub, self.private_shelf

    def repository(self, folder: RepoFolder) -> Path:
        """Where a repository lies."""
        return self.root / folder.place

    def part(self, digest: Digest) -> Path:
        """Where a blob comes in."""
        return self.parts / f"{digest.algorithm}-{digest.hex}.part"

    def quarantine(self, digest: Digest) -> Path:
        """Where a verified blob waits for an administrator."""
        return self.quarantined / f"{digest.algorithm}-{digest.hex}"

    def blob(self, folder: RepoFolder, digest: Digest) -> Path:
        """Where a repository keeps a blob."""
        return self.repository(folder) / "blobs" / digest.hex

    def snapshot(self, folder: RepoFolder, commit: str, path: str) -> Path:
        """Where a file of a revision is seen. Raises UnsafeName."""
        if not is_commit(commit):
            raise UnsafeName(f"{commit[:60]!r} is no commit.")
        return self.repository(folder) / "snapshots" / commit / safe_path(path)

    def ref(self, folder: RepoFolder, name: str) -> Path:
        """Where a branch or tag is written. Raises UnsafeName."""
        return self.repository(folder) / "refs" / safe_path(name)


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
