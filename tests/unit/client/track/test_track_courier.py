"""From the inbox to the depot."""

from pathlib import Path

import pytest

from steelyard.client import ApiError, ServerUnreachable
from steelyard.client.track.courier import LINGER, Courier
from steelyard.client.track.inbox import Inbox
from steelyard.client.track.spool import Spool
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
