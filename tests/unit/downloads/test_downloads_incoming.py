"""Part file and hash go hand in hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.downloads.incoming import IncomingBlob
from steelyard.jobs.errors import LeaseLost
from steelyard.storage.part import PartFile
from steelyard.testing.source import digest_of

DATA = bytes(range(256)) * 20
DIGEST = digest_of(DATA)


class Lease:
    """May be lost."""

    lost = False

    def check(self) -> None:
        """Raise LeaseLost once it is."""
        if self.lost:
            raise LeaseLost("job")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "blob.part"


@pytest.fixture
def incoming(path: Path) -> Iterator[IncomingBlob]:
    """A blob on its way into an empty part file."""
    blob = IncomingBlob(PartFile(path), DIGEST, len(DATA), Lease().check)
    yield blob
    blob.close()


def test_right_bytes_are_sealed(incoming: IncomingBlob, path: Path) -> None:
    incoming.feed([DATA[:1000], DATA[1000:3000]])
    incoming.feed([DATA[3000:]])
    assert incoming.offset == len(DATA)
    assert incoming.seal()
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("wrong", [DATA[:-1], DATA[:-1] + b"x", b"x" + DATA[1:]])
def test_wrong_bytes_are_not(incoming: IncomingBlob, path: Path, wrong: bytes) -> None:
    incoming.feed([wrong])
    assert not incoming.seal()
    incoming.restart(lambda: PartFile(path.with_name("anew")))
    incoming.feed([DATA])
    assert incoming.seal()
    assert path.read_bytes() == wrong  # whoever reads the old file is not given other bytes


def test_it_takes_up_what_an_earlier_try_left(path: Path) -> None:
    path.write_bytes(DATA[:3333])
    blob = IncomingBlob(PartFile(path), DIGEST, len(DATA), Lease().check)
    assert blob.has_past
    blob.catch_up()
    assert blob.offset == 3333
    blob.feed([DATA[3333:]])
    assert blob.seal()
    blob.close()


@pytest.mark.parametrize(("left", "too_long"), [(b"", False), (DATA, False), (DATA + b"more", True)])
def test_what_is_too_long_is_known(path: Path, left: bytes, too_long: bool) -> None:
    path.write_bytes(left)
    blob = IncomingBlob(PartFile(path), DIGEST, len(DATA), Lease().check)
    assert blob.is_too_long is too_long
    blob.close()


def test_git_digests_know_their_size(path: Path) -> None:
    small = b"# Read me\n"
    assert digest_of(small).algorithm == "git"
    blob = IncomingBlob(PartFile(path), digest_of(small), len(small), Lease().check)
    blob.feed([small])
    assert blob.seal()
    blob.close()


def test_no_byte_without_the_lease(path: Path) -> None:
    lease = Lease()
    blob = IncomingBlob(PartFile(path), Digest("sha256", "0" * 64), 10, lease.check)
    lease.lost = True
    with pytest.raises(LeaseLost):
        blob.feed([b"x"])
    with pytest.raises(LeaseLost):
        blob.restart(lambda: PartFile(path))
    assert path.stat().st_size == 0
    blob.close()
