"""Events on disk: in order, bounded, nobody else's until their owner is gone."""

import os
import stat
from pathlib import Path

import pytest

from steelyard.client.track.spool import ABANDONED, FULL, Spool
from steelyard.testing.clock import HandClock

LINES = [b'{"id":"1"}', b'{"id":"2"}']


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a" / "track"


def spool(folder: Path, clock: HandClock, owner: str = "1-a", limit: int = 1 << 20) -> Spool:
    return Spool(folder, owner, limit, clock)


def drained(spool: Spool) -> list[bytes]:
    found = []
    while (segment := spool.first()) is not None:
        found += spool.read(segment)
        spool.done(segment)
    return found


def test_what_goes_in_comes_out_in_order_and_once(folder: Path, clock: HandClock) -> None:
    here = spool(folder, clock)
    assert here.append(LINES) == 0
    assert here.append([b"{}"]) == 0
    assert drained(here) == [*LINES, b"{}"]
    assert not here.waiting
    assert list(folder.iterdir()) == []


def test_only_the_owner_can_read_it(folder: Path, clock: HandClock) -> None:
    spool(folder, clock).append(LINES)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_nothing_is_added_to_what_is_being_sent(folder: Path, clock: HandClock) -> None:
    here = spool(folder, clock)
    here.append(LINES)
    segment = here.first()
    assert segment is not None
    here.append([b"{}"])
    assert here.read(segment) == LINES
    here.done(segment)
    assert drained(here) == [b"{}"]


def test_a_file_is_one_request(folder: Path, clock: HandClock) -> None:
    here = spool(folder, clock)
    here.append([b"{}"] * (2 * FULL + 1))
    assert [len(path.read_bytes().splitlines()) for path in sorted(folder.iterdir())] == [FULL, FULL, 1]


def test_the_folder_is_bounded(folder: Path, clock: HandClock) -> None:
    others, here = spool(folder, clock, "2-b"), spool(folder, clock, limit=30)
    others.append(LINES)
    assert here.append(LINES) == 2
    assert drained(here) == []


def test_files_of_a_process_that_ended_in_order_are_adopted_at_once(folder: Path, clock: HandClock) -> None:
    before = spool(folder, clock)
    before.append(LINES)
    before.leave()
    assert not before.waiting
    here = spool(folder, clock, "2-b")
    here.append([b"{}"])
    here.adopt()
    assert drained(here) == [*LINES, b"{}"]


def test_files_of_a_process_that_was_killed_are_adopted_later(folder: Path, clock: HandClock) -> None:
    spool(folder, clock).append(LINES)
    here = spool(folder, clock, "2-b")
    for path in folder.iterdir():
        os.utime(path, (0, clock.now().timestamp() - ABANDONED + 1))
    here.adopt()
    assert not here.waiting
    clock.forward(seconds=2)
    here.adopt()
    assert drained(here) == LINES


def test_what_somebody_else_took_is_theirs(folder: Path, clock: HandClock) -> None:
    first, second = spool(folder, clock), spool(folder, clock, "2-b")
    first.append(LINES)
    first.touch()
    clock.forward(days=40_000)
    second.adopt()
    assert drained(first) == []
    assert drained(second) == LINES


def test_where_nothing_can_be_written_it_keeps_them_in_memory(tmp_path: Path, clock: HandClock) -> None:
    (tmp_path / "file").write_text("")
    here = spool(tmp_path / "file" / "track", clock)
    assert here.append(LINES) == 0
    assert drained(here) == LINES
    assert here.append([b"{}"] * 10_001) == 1
