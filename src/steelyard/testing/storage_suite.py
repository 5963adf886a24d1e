"""What every store of blobs must do. Subclass it in a test module and hand in the store, with links or without.

Needs pytest.
"""

import hashlib
import stat

import pytest

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import fingerprint
from steelyard.storage.layout import RepoFolder, UnsafeName

ANVIL = RepoFolder(Kind.MODEL, "acme/anvil")
BELLOWS = RepoFolder(Kind.DATASET, "acme/bellows")
CRUCIBLE = RepoFolder(Kind.MODEL, "acme/crucible", private=True)
COMMIT = "c" * 40
CONTENT = bytes(range(256)) * 300
DIGEST = Digest("sha256", hashlib.sha256(CONTENT).hexdigest())
UNSAFE = [
    "", "/etc/passwd", "../up", "a/../../up", "a//b", ".", "a/.", "a/", "c:\\windows", "a\\b", "stream:ads",
    "tab\there", "nul\0byte", "line\nbreak", "dot.", "space ", "what?", "pipe|", "\u202egpj.exe", "x" * 256,
    "é" * 128, "\ud800",
]  # fmt: skip


class StorageSuite:
    """From part to blob to snapshot; whatever goes wrong, nothing of strangers is lost."""

    @pytest.fixture
    def storage(self) -> DiskStorage:
        """The store under test, empty; give one in the subclass."""
        raise NotImplementedError("give the suite a 'storage' fixture in your subclass")

    def test_a_part_grows_and_is_found_again(self, storage: DiskStorage) -> None:
        """What an earlier try brought counts."""
        assert storage.part_size(DIGEST) == 0
        fill_part(storage, CONTENT[:1000])
        assert storage.part_size(DIGEST) == 1000
        storage.discard_part(DIGEST)
        storage.discard_part(DIGEST)
        assert storage.part_size(DIGEST) == 0

    def test_writing_the_same_bytes_again_changes_nothing(self, storage: DiskStorage) -> None:
        """A worker that woke up late can only repeat what is right already."""
        fill_part(storage, CONTENT)
        with storage.open_part(DIGEST) as part:
            part.write(512, CONTENT[512:1024])
            assert part.size() == len(CONTENT)
            hasher = DIGEST.hasher(len(CONTENT))
            assert part.hash_into(hasher, 0, len(CONTENT) + 10) == len(CONTENT)
        assert hasher.hexdigest() == DIGEST.hex

    def test_a_part_is_hashed_piece_by_piece_and_cut_short(self, storage: DiskStorage) -> None:
        """Ranges of it, and what is left after truncate."""
        fill_part(storage, CONTENT)
        with storage.open_part(DIGEST) as part:
            hasher = hashlib.sha256()
            assert part.hash_into(hasher, 10, 20) == 20
            assert hasher.hexdigest() == hashlib.sha256(CONTENT[10:30]).hexdigest()
            part.truncate(100)
            assert part.size() == 100

    def test_publishing_moves_the_part(self, storage: DiskStorage) -> None:
        """The part is gone, the blob is whole and nobody's to change."""
        publish(storage, ANVIL)
        blob = storage.layout.blob(ANVIL, DIGEST)
        assert blob.read_bytes() == CONTENT
        assert storage.part_size(DIGEST) == 0
        assert storage.has_blob(ANVIL, DIGEST, len(CONTENT))
        assert not storage.has_blob(ANVIL, DIGEST, len(CONTENT) - 1)
        assert not storage.has_blob(BELLOWS, DIGEST, len(CONTENT))
        assert stat.S_IMODE(blob.stat().st_mode) == 0o444

    def test_a_snapshot_shows_the_blob(self, storage: DiskStorage) -> None:
        """Under its path, folders and all, as often as asked."""
        publish(storage, ANVIL)
        for path in ("model.bin", "sub/folder/model.bin", "model.bin"):
            storage.show(ANVIL, COMMIT, path, DIGEST)
            assert storage.layout.snapshot(ANVIL, COMMIT, path).read_bytes() == CONTENT
        storage.sync_folders(ANVIL, COMMIT, ["model.bin", "sub/folder/model.bin"])

    def test_a_snapshot_can_show_another_blob_later(self, storage: DiskStorage) -> None:
        """What stood there is replaced, and no temporary name stays behind."""
        publish(storage, ANVIL)
        other = Digest("sha256", hashlib.sha256(b"other").hexdigest())
        with storage.open_part(other) as part:
            part.write(0, b"other")
        storage.publish_part(other, ANVIL)
        storage.show(ANVIL, COMMIT, "model.bin", DIGEST)
        storage.show(ANVIL, COMMIT, "model.bin", other)
        place = storage.layout.snapshot(ANVIL, COMMIT, "model.bin")
        assert place.read_bytes() == b"other"
        assert [entry.name for entry in place.parent.iterdir()] == ["model.bin"]

    def test_names_as_long_as_a_disk_allows_can_be_shown(self, storage: DiskStorage) -> None:
        """255 bytes in one part, whatever the script."""
        publish(storage, ANVIL)
        for path in ("x" * 255, "模" * 85):
            storage.show(ANVIL, COMMIT, path, DIGEST)
            assert storage.layout.snapshot(ANVIL, COMMIT, path).read_bytes() == CONTENT

    def test_a_second_repository_shares_the_bytes(self, storage: DiskStorage) -> None:
        """No second copy: one inode."""
        publish(storage, ANVIL)
        storage.share_blob(ANVIL, BELLOWS, DIGEST)
        first, second = storage.layout.blob(ANVIL, DIGEST), storage.layout.blob(BELLOWS, DIGEST)
        assert first.stat().st_ino == second.stat().st_ino

    def test_a_reference_holds_the_commit(self, storage: DiskStorage) -> None:
        """Without a line end, as the Hugging Face libraries read it; names may have slashes."""
        for commit in (COMMIT, "d" * 40):
            for name in ("main", "refs/pr/7"):
                storage.write_ref(ANVIL, name, commit)
                place = storage.layout.ref(ANVIL, name)
                assert place.read_text() == commit
        assert [entry.name for entry in storage.layout.ref(ANVIL, "refs/pr/7").parent.iterdir()] == ["7"]

    def test_quarantine_shows_nothing(self, storage: DiskStorage) -> None:
        """The bytes are kept, but no repository has them."""
        fill_part(storage, CONTENT)
        storage.quarantine_part(DIGEST)
        assert storage.has_quarantined(DIGEST, len(CONTENT))
        assert not storage.has_quarantined(DIGEST, 1)
        assert storage.part_size(DIGEST) == 0
        assert not storage.has_blob(ANVIL, DIGEST, len(CONTENT))

    def test_a_stranger_is_set_aside(self, storage: DiskStorage) -> None:
        """A file that we did not write stood in a blob's place: it is kept, however often that happens."""
        place = storage.layout.blob(ANVIL, DIGEST)
        for stranger in (b"first stranger", b"second stranger"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.write_bytes(stranger)
            publish(storage, ANVIL)
            assert place.read_bytes() == CONTENT
        assert foreign(storage) == [b"first stranger", b"second stranger"]

    def test_a_stranger_is_kept_when_an_older_one_was_taken_away(self, storage: DiskStorage) -> None:
        """Tidying the folder must not make two files share one name."""
        place = storage.layout.blob(ANVIL, DIGEST)
        place.parent.mkdir(parents=True)
        for number, stranger in enumerate((b"first", b"second", b"third")):
            place.unlink(missing_ok=True)
            place.write_bytes(stranger)
            publish(storage, ANVIL)
            if number == 1:
                next(path for path in storage.layout.foreign.iterdir() if path.read_bytes() == b"first").unlink()
        assert foreign(storage) == [b"second", b"third"]

    def test_sharing_sets_a_stranger_aside_too(self, storage: DiskStorage) -> None:
        """The same promise on the other way in."""
        publish(storage, ANVIL)
        place = storage.layout.blob(BELLOWS, DIGEST)
        place.parent.mkdir(parents=True)
        place.write_bytes(b"stranger")
        storage.share_blob(ANVIL, BELLOWS, DIGEST)
        assert place.read_bytes() == CONTENT
        assert foreign(storage) == [b"stranger"]

    def test_a_blob_is_verified_by_its_bytes(self, storage: DiskStorage) -> None:
        """Right size is not enough; neither is a right beginning."""
        publish(storage, ANVIL)
        checks: list[None] = []
        seen = storage.examine_blob(ANVIL, DIGEST, len(CONTENT), lambda: checks.append(None))
        assert seen.right
        assert checks, "whoever hashes long must be asked to stop now and then"
        assert not storage.examine_blob(ANVIL, DIGEST, len(CONTENT) - 1, lambda: None).right
        place = storage.layout.blob(ANVIL, DIGEST)
        assert seen.file == fingerprint(place)
        place.chmod(0o644)
        place.write_bytes(b"\0" * len(CONTENT))
        assert not storage.examine_blob(ANVIL, DIGEST, len(CONTENT), lambda: None).right
        place.unlink()
        assert storage.examine_blob(ANVIL, DIGEST, len(CONTENT), lambda: None).file is None

    def test_a_private_repository_lies_on_a_shelf_of_its_own(self, storage: DiskStorage) -> None:
        """Closed to others, with the same verbs; nothing of it is seen in the shared cache."""
        publish(storage, CRUCIBLE)
        storage.show(CRUCIBLE, COMMIT, "deep/model.bin", DIGEST)
        storage.write_ref(CRUCIBLE, "main", COMMIT)
        storage.sync_folders(CRUCIBLE, COMMIT, ["deep/model.bin"])
        assert storage.is_shown(CRUCIBLE, COMMIT, "deep/model.bin", len(CONTENT))
        assert storage.layout.blob(CRUCIBLE, DIGEST).is_relative_to(storage.layout.private_shelf)
        assert stat.S_IMODE(storage.layout.private_shelf.stat().st_mode) == 0o700
        assert list(storage.layout.hub.iterdir()) == []
        storage.share_blob(CRUCIBLE, CRUCIBLE.elsewhere, DIGEST)
        assert storage.has_blob(CRUCIBLE.elsewhere, DIGEST, len(CONTENT))

    def test_a_strangers_file_on_the_private_shelf_is_set_aside(self, storage: DiskStorage) -> None:
        """Under a name that says whose place it had."""
        place = storage.layout.blob(CRUCIBLE, DIGEST)
        place.parent.mkdir(parents=True)
        place.write_bytes(b"stranger")
        publish(storage, CRUCIBLE)
        assert place.read_bytes() == CONTENT
        assert foreign(storage) == [b"stranger"]
        (aside,) = storage.layout.foreign.iterdir()
        assert aside.name.startswith(CRUCIBLE.name)

    @pytest.mark.parametrize("name", UNSAFE, ids=ascii)
    def test_unsafe_names_are_refused(self, storage: DiskStorage, name: str) -> None:
        """In snapshots and in references, before anything is written."""
        before = sorted(storage.layout.hub.rglob("*"))
        with pytest.raises(UnsafeName):
            storage.show(ANVIL, COMMIT, name, DIGEST)
        with pytest.raises(UnsafeName):
            storage.write_ref(ANVIL, name, COMMIT)
        assert sorted(storage.layout.hub.rglob("*")) == before


def fill_part(storage: DiskStorage, content: bytes) -> None:
    """Bring bytes in."""
    with storage.open_part(DIGEST) as part:
        part.write(0, content)
        part.sync()


def publish(storage: DiskStorage, folder: RepoFolder) -> None:
    """Bring the whole content in, and make it the repository's blob."""
    fill_part(storage, CONTENT)
    storage.publish_part(DIGEST, folder)


def foreign(storage: DiskStorage) -> list[bytes]:
    """What was set aside, in the order of the contents."""
    return sorted(path.read_bytes() for path in storage.layout.foreign.iterdir())
