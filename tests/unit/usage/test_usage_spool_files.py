"""The spool on disk: what went in comes out, whatever happened to the process in between."""

import struct
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from steelyard.testing.clock import HandClock
from steelyard.usage.events import Event
from steelyard.usage.frames import frame_of, frames_in
from steelyard.usage.keys import EventKeys
from steelyard.usage.spool import SpoolFull
from steelyard.usage.spool_files import FileSpool
from steelyard.usage.writing import Kept

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEYS = EventKeys()
WHOLE = Event(
    type="generation_completed", at=NOON, model="acme/anvil", principal=7, address="::1", agent="curl", success=False,
    error_code="500", request="r", session="s", duration_ms=1.5, queue_ms=2, load_ms=3.0, first_token_ms=4.0,
    tokens_in=5, tokens_out=6, bytes_in=7, bytes_out=8, vram_mb=9, gpu_utilization=0.5, repeated=True,
    parameters={"steps": 30, "lora": ["a", {"b": None}], "é": 1.5},
)  # fmt: skip


def batch(count: int, **more: Any) -> list[Kept]:
    """So many events, numbered."""
    return [
        Kept(KEYS.key(number), Event(type="model_access", at=NOON, tokens_in=number, **more)) for number in range(count)
    ]


def everything(spool: FileSpool) -> list[Kept]:
    """Read and settle all pages."""
    found: list[Kept] = []
    while (page := spool.first()) is not None:
        found.extend(page.batch)
        spool.settle(page.ticket)
    return found


@pytest.fixture
def spool(tmp_path: Path, clock: HandClock) -> FileSpool:
    """An empty one."""
    return FileSpool(tmp_path / "spool", clock)


def test_every_column_comes_back(spool: FileSpool) -> None:
    kept = Kept(1 << 62, WHOLE)
    spool.put([kept], 0.0)
    assert everything(spool) == [kept]
    assert (spool.count, spool.since) == (0, None)


def test_pages_come_back_in_their_order_and_their_files_go(tmp_path: Path, clock: HandClock) -> None:
    spool = FileSpool(tmp_path, clock, page=2000)
    batches = [batch(20) for _ in range(10)]
    for number, each in enumerate(batches):
        spool.put(each, float(number))
    assert (spool.count, spool.since) == (200, 0.0)
    assert len(list(tmp_path.glob("*/*.events"))) > 3
    assert everything(spool) == [kept for each in batches for kept in each]
    assert not list(tmp_path.glob("*/*.events"))


def test_settled_events_leave_no_file_behind(spool: FileSpool, tmp_path: Path) -> None:
    one, other = spool.put(batch(3), 1.0), spool.put(batch(2), 2.0)
    spool.settle(one)
    assert spool.count == 2
    spool.settle(other)
    assert not list(tmp_path.glob("spool/*/*.events"))
    spool.put(batch(4), 3.0)
    assert (len(everything(spool)), spool.count) == (4, 0)


def test_what_comes_while_a_page_is_read_goes_into_the_next(spool: FileSpool) -> None:
    first, second = batch(3), batch(2)
    spool.put(first, 1.0)
    page = spool.first()
    assert page is not None
    spool.put(second, 2.0)
    spool.settle(page.ticket)
    assert (list(page.batch), everything(spool)) == (first, second)


def test_the_next_process_finds_what_the_last_one_left(tmp_path: Path, clock: HandClock) -> None:
    kept = batch(5)
    left = FileSpool(tmp_path, clock)
    left.put(kept, 1.0)
    assert left.close() == 0
    clock.forward(seconds=60)
    found = FileSpool(tmp_path, clock)
    assert (found.count, found.since) == (5, clock.monotonic())
    assert everything(found) == kept
    found.close()
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_its_events(tmp_path: Path, clock: HandClock) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from steelyard.core.clock import system_clock; from steelyard.usage.events import Event\n"
        "from steelyard.usage.spool_files import FileSpool; from steelyard.usage.writing import Kept\n"
        "event = Event(type='model_access', at=datetime(2026, 1, 1, tzinfo=UTC))\n"
        "FileSpool(Path(sys.argv[1]), system_clock).put([Kept(1, event), Kept(2, event)], 0.0)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    assert [kept.key for kept in everything(FileSpool(tmp_path, clock))] == [1, 2]


def test_the_files_of_a_living_process_are_its_own(tmp_path: Path, clock: HandClock) -> None:
    one = FileSpool(tmp_path, clock)
    one.put(batch(2), 1.0)
    other = FileSpool(tmp_path, clock)
    assert (other.count, one.count) == (0, 2)


@given(some.integers(0, 1 << 20), some.binary(max_size=40))
def test_of_a_torn_file_the_whole_frames_count(cut: int, rubbish: bytes) -> None:
    frames = [frame_of(batch(number + 1))[0] for number in range(4)]
    content = b"".join(frames)
    cut %= len(content)
    whole = sum(1 for number in range(4) if sum(map(len, frames[: number + 1])) <= cut)
    found = list(frames_in(content[:cut] + (rubbish if cut in {0, len(content)} else b"")))
    assert [frame.events for frame in found] == [number + 1 for number in range(whole)]


def test_a_torn_end_is_said_and_hides_nothing(
    tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    spool = FileSpool(tmp_path, clock)
    kept = batch(3)
    spool.put(kept, 1.0)
    spool.close()
    (path,) = tmp_path.glob("*/*.events")
    with path.open("ab") as file:
        file.write(frame_of(batch(9))[0][:-1])
    found = FileSpool(tmp_path, clock)
    assert (found.count, everything(found)) == (3, kept)
    assert "are no events" in caplog.text


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path, clock: HandClock) -> None:
    spool = FileSpool(tmp_path, clock, limit=10_000)
    kept = batch(10)
    spool.put(kept, 1.0)
    with pytest.raises(SpoolFull):
        spool.put(batch(200), 2.0)
    assert everything(spool) == kept
    spool.put(kept, 3.0)
    assert spool.count == 10


def test_what_cannot_be_written_down_is_left_out(spool: FileSpool) -> None:
    good, bad = batch(1), batch(1, duration_ms=1 << 70)
    assert spool.put([*bad, *good], 1.0).size == 1
    assert everything(spool) == good


def test_numbers_of_any_size_come_back(spool: FileSpool) -> None:
    large = batch(1, parameters={"seed": 1 << 70, "steps": 30, "more": [-(1 << 80), "é"]})
    assert spool.put(large, 1.0).size == 1
    assert everything(spool) == large


def test_a_file_that_cannot_be_read_now_is_read_later(spool: FileSpool, tmp_path: Path) -> None:
    kept = batch(3)
    spool.put(kept, 1.0)
    (path,) = tmp_path.glob("spool/*/*.events")
    path.rename(aside := tmp_path / "aside")
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        spool.first()
    path.rmdir()
    aside.rename(path)
    assert (everything(spool), spool.lost) == (kept, 0)


def test_a_file_that_is_gone_is_counted(spool: FileSpool, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool.put(batch(3), 1.0)
    (path,) = tmp_path.glob("spool/*/*.events")
    path.unlink()
    assert (everything(spool), spool.lost, spool.count) == ([], 3, 0)
    assert "3 events are lost" in caplog.text


@pytest.mark.parametrize("good", [0, 2])
def test_what_nobody_can_read_is_counted_and_laid_aside(
    good: int, tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    left = FileSpool(tmp_path, clock)
    kept = batch(good)
    left.put(kept, 1.0)
    left.close()
    (path,) = tmp_path.glob("*/*.events")
    body = b"\xa5never"
    with path.open("ab") as file:
        file.write(struct.pack("<III", len(body), zlib.crc32(body), 4) + body + frame_of(batch(3))[0])
    content, found = path.read_bytes(), FileSpool(tmp_path, clock)
    assert everything(found) == kept
    assert (found.lost, found.count) == (7, 0)
    assert "7 events of" in caplog.text
    assert [each.read_bytes() for each in tmp_path.glob("*.unreadable")] == [content]
    assert not list(tmp_path.glob("*/*.events"))


def test_only_the_depots_user_may_read(spool: FileSpool, tmp_path: Path) -> None:
    spool.put(batch(1), 1.0)
    (path,) = tmp_path.glob("spool/*/*.events")
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0
