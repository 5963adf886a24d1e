"""Where the stand-in hub's bytes lie, and the names git and LFS give them.

A plain file is named by git: the SHA-1 of ``blob {size}\\0`` and its bytes. A large one is named by its SHA-256, and
git keeps a pointer text in its place (git-lfs ``docs/spec.md``).
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MIB = 1 << 20
LFS_ABOVE = MIB
LFS_SUFFIXES = frozenset(
    {".safetensors", ".bin", ".gguf", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".msgpack", ".pkl"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blob:
    """``size`` bytes that look random and are always the same for one ``seed``.

    They come from SHAKE-128 over seed and block number: 610 MB/s, where ``random.randbytes`` makes 330 MB/s.
    """

    size: int
    seed: int = 0

    def chunks(self) -> Iterator[bytes]:
        """The bytes, 1 MiB at a time."""
        for start in range(0, self.size, MIB):
            name = f"{self.seed}:{start}".encode()
            yield hashlib.shake_128(name).digest(min(MIB, self.size - start))

    def read(self) -> bytes:
        """All of the bytes."""
        return b"".join(self.chunks())


Content = bytes | Path | Blob


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file the hub holds: where its bytes lie and what the wire format says of them."""

    location: Path
    size: int
    sha256: str
    git_oid: str
    lfs: bool

    @property
    def etag(self) -> str:
        """The name clients know the bytes by: SHA-256 for LFS, the git blob's SHA-1 else. Unquoted."""
        return self.sha256 if self.lfs else self.git_oid

    @property
    def xet_hash(self) -> str:
        """64 hex digits in the place of a Xet hash; no Xet store knows them."""
        return hashlib.sha256(f"xet:{self.sha256}".encode()).hexdigest()


def is_lfs(path: str, size: int) -> bool:
    """Whether the hub keeps the file in LFS: by its suffix, or because it is larger than 1 MiB."""
    return size > LFS_ABOVE or PurePosixPath(path).suffix.lower() in LFS_SUFFIXES


def git_blob_oid(data: bytes) -> str:
    """The name git gives to a file with these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def lfs_pointer(sha256: str, size: int) -> bytes:
    """The text git keeps in place of a large file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


class ContentStore:
    """Keeps bytes as files named by their SHA-256, in ``folder`` or in a temporary one that ``close`` removes."""

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder
        self._folder: Path | None = None
        self._blobs: dict[Blob, tuple[Path, str]] = {}

    def keep(self, path: str, content: Content) -> StoredFile:
        """Store what a repository holds at ``path``. A Path is served where it lies and must not change."""
        location, sha256 = self._place(content)
        size = location.stat().st_size
        lfs = is_lfs(path, size)
        named = lfs_pointer(sha256, size) if lfs else location.read_bytes()
        return StoredFile(location, size, sha256, git_blob_oid(named), lfs)

    def close(self) -> None:
        """Remove the folder if it is a temporary one."""
        if self._folder is not None and self._given is None:
            shutil.rmtree(self._folder)
        self._folder = None
        self._blobs.clear()

    def _place(self, content: Content) -> tuple[Path, str]:
        if isinstance(content, Path):
            return content, _sha256_of(content)
        if isinstance(content, bytes):
            return self._write(iter([content]))
        if content not in self._blobs:
            self._blobs[content] = self._write(content.chunks())
        return self._blobs[content]

    def _write(self, chunks: Iterator[bytes]) -> tuple[Path, str]:
        digest = hashlib.sha256()
        part = self._home() / "incoming"
        with part.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        return part.replace(part.with_name(digest.hexdigest())), digest.hexdigest()

    def _home(self) -> Path:
        if self._folder is None:
            self._folder = self._given or Path(tempfile.mkdtemp(prefix="stand-in-hub-"))
            self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
