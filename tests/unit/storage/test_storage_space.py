"""Free bytes for whoever only shows them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from steelyard.storage.disk import DiskStorage
from steelyard.storage.space import Space


async def test_the_disk_is_asked_in_a_thread(tmp_path: Path) -> None:
    asked: list[threading.Thread] = []

    def free(_root: Path) -> int:
        asked.append(threading.current_thread())
        return 7

    with ThreadPoolExecutor(1) as threads:
        assert await Space(DiskStorage(tmp_path, free_bytes=free), threads).free_or_none() == 7
    assert asked[0] is not threading.current_thread()


async def test_a_store_whose_folder_is_gone_says_nothing(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path / "store")
    (tmp_path / "store").rename(tmp_path / "away")
    with ThreadPoolExecutor(1) as threads:
        assert await Space(storage, threads).free_or_none() is None
