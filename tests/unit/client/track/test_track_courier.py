"""From the inbox to the depot."""

import errno
import os
from pathlib import Path

import pytest

from steelyard.client import ApiError, ServerUnreachable
from steelyard.client.track.courier import LINGER, Courier
from steelyard.client.track.inbox import Inbox
from steelyard.client.track.spool import Segment, Spool
from steelyard.client.track.tally import Tally
from steelyard.testing.clock import HandClock
from tests.unit.client.track.conftest import AWAY, FakeDepot

LINE = b'{"id":"1","model":"m"}'


@pytest.fixture
def courier(depot: FakeDepot, tmp_path: Path, clock: HandClock) -> Courier:
    clock.forward(seconds=60)
    return Courier(Inbox(100), Spool(tmp_path / "track", "1-a", 1 << 20, clock), depot, Tally(), clock)


def put(courier: Courier, *lines: bytes) -> None:
    for line in lines:
        assert courier.inbox.put(line)
    courier.step()


def test_the_first_goes_at_once_and_the_next_ones_together(
    courier: Courier, depot: FakeDepot, clock: HandClock
) -> None:
    put(courier, LINE)
    put(courier, LINE)
    put(courier, LINE)
    assert [len(batch) for batch in depot.batches] == [1]
    clock.forward(seconds=LINGER)
    courier.step()
    assert [len(batch) for batch in depot.batches] == [1, 2]
    assert courier.tally.delivered == 3


def test_while_the_depot_is_away_they_wait_on_disk(
    courier: Courier, depot: FakeDepot, clock: HandClock, tmp_path: Path
) -> None:
    depot.fault = ServerUnreachable("Nobody answers.")
    put(courier, LINE, LINE)
    assert sum(len(path.read_bytes().splitlines()) for path in (tmp_path / "track").iterdir()) == 2
    put(courier, LINE)
    assert depot.tried == 1
    depot.fault = None
    clock.forward(seconds=1)
    courier.step()
    assert len(depot.events) == 3
    assert list((tmp_path / "track").iterdir()) == []


def test_the_pauses_grow_to_a_minute(courier: Courier, depot: FakeDepot, clock: HandClock) -> None:
    depot.fault = AWAY
    put(courier, LINE)
    for _ in range(20):
        clock.forward(seconds=60)
        courier.step()
    assert depot.tried == 21
    clock.forward(seconds=59)
    courier.step()
    assert depot.tried == 21


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_may_get_better_is_tried_again(courier: Courier, depot: FakeDepot, status: int) -> None:
    depot.fault = ApiError(status, "slug", "Title", "Detail.")
    put(courier, LINE)
    assert courier.spool.waiting
    assert courier.tally.rejected == 0


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_is_at_fault_holds_nobody_up(courier: Courier, depot: FakeDepot, status: int) -> None:
    depot.fault = ApiError(status, "slug", "Title", "Detail.")
    put(courier, LINE)
    assert not courier.spool.waiting
    assert courier.tally.rejected == 1


def test_lines_that_the_depot_refuses_are_counted(courier: Courier) -> None:
    put(courier, LINE, b'{"model":"wrong"}')
    assert (courier.tally.delivered, courier.tally.rejected) == (1, 1)


def test_what_has_no_room_is_counted(depot: FakeDepot, tmp_path: Path, clock: HandClock) -> None:
    courier = Courier(Inbox(100), Spool(tmp_path, "1-a", 30, clock), depot, Tally(), clock)
    depot.fault = AWAY
    put(courier, LINE)
    put(courier, LINE)
    assert courier.tally.dropped == 1


def test_a_fault_of_its_own_is_put_off_as_well(courier: Courier, depot: FakeDepot) -> None:
    depot.fault = RuntimeError("a bug")
    put(courier, LINE)
    put(courier, LINE)
    assert depot.tried == 1
    assert courier.spool.waiting


def unreadable(folder: Path, name: str = "0-gone-00000001.ndjson") -> Path:
    """A file of a process that is gone, which nobody can read, not even root."""
    path = folder / name
    path.mkdir(parents=True)
    os.utime(path, (0, 0))
    return path


def test_a_file_that_nobody_can_read_holds_nobody_up(
    courier: Courier, depot: FakeDepot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = unreadable(tmp_path / "track")
    courier.spool.adopt()
    put(courier, LINE)
    assert len(depot.events) == 1
    assert not courier.spool.waiting
    assert not path.exists()
    (aside,) = (tmp_path / "track").iterdir()
    assert str(aside) in caplog.text
    courier.spool.adopt()
    assert not courier.spool.waiting


def test_what_is_set_aside_is_counted(courier: Courier, depot: FakeDepot, tmp_path: Path) -> None:
    depot.fault = AWAY
    put(courier, LINE, LINE)
    (path,) = (tmp_path / "track").iterdir()
    path.unlink()
    path.mkdir()
    depot.fault = None
    assert courier.flush(0) is False
    courier.step()
    assert (courier.tally.dropped, courier.spool.waiting) == (2, False)


def test_while_the_program_has_too_many_files_open_everything_waits(
    depot: FakeDepot, tmp_path: Path, clock: HandClock
) -> None:
    spool = Short(tmp_path / "track", "1-a", 1 << 20, clock)
    courier = Courier(Inbox(100), spool, depot, Tally(), clock)
    clock.forward(seconds=60)
    put(courier, LINE)
    assert (courier.tally.dropped, courier.spool.waiting) == (0, True)
    spool.is_short = False
    clock.forward(seconds=60)
    courier.step()
    assert len(depot.events) == 1


class Short(Spool):
    """In a program that may open no more files."""

    is_short = True

    def read(self, segment: Segment) -> list[bytes]:
        if self.is_short:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().read(segment)


def test_what_is_lost_in_the_end_is_counted(
    depot: FakeDepot, tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    courier = Courier(Inbox(100), Spool(tmp_path / "file" / "track", "1-a", 1 << 20, clock), depot, Tally(), clock)
    depot.fault = AWAY
    put(courier, LINE, LINE)
    courier.stop()
    courier.run()
    assert courier.tally.dropped == 2
    assert "2 events are lost" in caplog.text


def test_what_was_in_memory_is_written_down_in_the_end(depot: FakeDepot, tmp_path: Path, clock: HandClock) -> None:
    folder = tmp_path / "track"
    folder.write_text("")
    courier = Courier(Inbox(100), Spool(folder, "1-a", 1 << 20, clock), depot, Tally(), clock)
    depot.fault = AWAY
    put(courier, LINE)
    folder.unlink()  # such as a full disk that has room again
    courier.stop()
    courier.run()
    assert courier.tally.dropped == 0
    assert [path.read_bytes() for path in folder.iterdir()] == [LINE + b"\n"]
