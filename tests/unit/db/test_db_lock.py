"""Who may use a store at the same time."""

from pathlib import Path

import pytest

from steelyard.db.lock import DatabaseInUse, OwnerLock, SharedLock


def test_one_owner_keeps_everybody_out(tmp_path: Path) -> None:
    owner = OwnerLock(tmp_path / "store")
    owner.acquire()
    for other in (OwnerLock(tmp_path / "store"), SharedLock(tmp_path / "store")):
        with pytest.raises(DatabaseInUse) as refused:
            other.acquire()
        assert str(tmp_path) not in refused.value.detail
        assert refused.value.hint
    owner.release()
    after = SharedLock(tmp_path / "store")
    after.acquire()
    after.release()


def test_many_share_and_keep_an_owner_out(tmp_path: Path) -> None:
    first, second = SharedLock(tmp_path / "store"), SharedLock(tmp_path / "store")
    first.acquire()
    second.acquire()
    first.release()
    with pytest.raises(DatabaseInUse):
        OwnerLock(tmp_path / "store").acquire()
    second.release()
    second.release()
    owner = OwnerLock(tmp_path / "store")
    owner.acquire()
    owner.release()
