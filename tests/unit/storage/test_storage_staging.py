"""Bytes that people send: kept when they are right, and gone otherwise."""

import hashlib
import stat
from pathlib import Path

import pytest

from steelyard.core.digest import Digest
from steelyard.storage.layout import Layout
from steelyard.storage.staging import Staging

DATA = b"some bytes that somebody sends"
DIGEST = Digest("sha256", hashlib.sha256(DATA).hexdigest())
OWNER = "m~1"
FAR = 1e12  # seconds since 1970: later than any file


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty store."""
    layout = Layout(tmp_path)
    layout.create()
    return layout


@pytest.fixture
def staging(layout: Layout) -> Staging:
    """Nothing has come."""
    return Staging(layout)


def there(layout: Layout) -> list[str]:
    """Everything in the folder, hidden names too."""
    return sorted(path.name for path in layout.uploads.rglob("*") if path.is_file())


def test_right_bytes_are_kept_closed_and_unchangeable(staging: Staging, layout: Layout) -> None:
    with staging.receive(OWNER, DIGEST, len(DATA)) as arriving:
        arriving.feed([DATA[:10], DATA[10:]])
        assert not staging.holds(OWNER, DIGEST, len(DATA))
        assert arriving.keep()
    assert staging.holds(OWNER, DIGEST, len(DATA))
    assert not staging.holds(OWNER, DIGEST, len(DATA) + 1)
    assert not staging.holds("m~2", DIGEST, len(DATA))
    place = staging.place(OWNER, DIGEST)
    assert place.read_bytes() == DATA
    assert stat.S_IMODE(place.stat().st_mode) == 0o444
    assert stat.S_IMODE(layout.uploads.stat().st_mode) == stat.S_IMODE(place.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("wrong", [DATA[:-1], DATA + b"x", DATA[:-1] + b"?", b""])
def test_wrong_bytes_are_not(staging: Staging, layout: Layout, wrong: bytes) -> None:
    with staging.receive(OWNER, DIGEST, len(DATA)) as arriving:
        arriving.feed([wrong])
        assert not arriving.keep()
    assert there(layout) == []


def test_nothing_stays_of_what_breaks_off(staging: Staging, layout: Layout) -> None:
    with staging.receive(OWNER, DIGEST, len(DATA)) as arriving:
        arriving.feed([DATA])
        assert len(there(layout)) == 1
    assert there(layout) == []


def test_two_that_send_the_same_do_not_meet(staging: Staging) -> None:
    with staging.receive(OWNER, DIGEST, len(DATA)) as one, staging.receive(OWNER, DIGEST, len(DATA)) as two:
        one.feed([DATA])
        two.feed([DATA[:5]])
        assert one.keep()
        two.feed([DATA[5:]])
        assert two.keep()
    assert staging.place(OWNER, DIGEST).read_bytes() == DATA


def test_what_has_its_place_is_forgotten_here(staging: Staging, layout: Layout) -> None:
    with staging.receive(OWNER, DIGEST, len(DATA)) as arriving:
        arriving.feed([DATA])
        arriving.keep()
    staging.discard(OWNER, [DIGEST, Digest("git", "0" * 40)])
    assert list(layout.uploads.iterdir()) == []


def test_old_ones_go_and_what_a_killed_process_left_half_done(staging: Staging, layout: Layout) -> None:
    with staging.receive(OWNER, DIGEST, len(DATA)) as arriving:
        arriving.feed([DATA])
        arriving.keep()
    killed = staging.receive("m~2", DIGEST, len(DATA))
    killed.feed([DATA])
    assert staging.clear(0.0) == 0
    assert len(there(layout)) == 2
    assert staging.clear(FAR) == 2 * len(DATA)
    assert list(layout.uploads.iterdir()) == []
    with killed:
        assert there(layout) == []
