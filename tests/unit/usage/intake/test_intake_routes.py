"""Telling lines from one object, and bodies that wait until there is room for them."""

import asyncio
import gzip
import json
import threading
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.intake.reported import Batch, read_batch
from steelyard.usage.intake.routes import is_lines, taken
from steelyard.usage.intake.service import IntakeFull
from tests.unit.usage.intake.reporting import ANYBODY, NOON, Office


@pytest.fixture
def office(database: Database, usage_log: Database, clock: HandClock) -> Office:
    """Where everybody may report."""
    return Office(database, usage_log, clock)


class Sender:
    """Posts a deflated batch of one event, once somebody asks for it."""

    def __init__(self) -> None:
        line = {"type": "model_load", "timestamp": NOON.isoformat()}
        self._body = gzip.compress(json.dumps({"events": [line]}).encode())
        self.asked = 0

    def request(self) -> Request:
        headers = [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(self._body))]
        return Request({"type": "http", "headers": headers}, self._receive)

    async def _receive(self) -> Message:
        self.asked += 1
        return {"type": "http.request", "body": self._body}


def read(body: bytes) -> Batch:
    return read_batch(body, is_lines=False)


async def until(met: Any) -> None:
    while not met():  # noqa: ASYNC110 - threads come there
        await asyncio.sleep(0.001)


async def test_a_body_is_not_even_read_while_there_is_no_room_for_it(office: Office) -> None:
    sender = Sender()
    async with office.intake.bodies.hold(1 << 40):
        waiting = asyncio.create_task(taken(office.intake, sender.request(), ANYBODY, read))
        for _ in range(10):
            await asyncio.sleep(0)
        assert sender.asked == 0
    _, receipt = await waiting
    assert (sender.asked, receipt.accepted) == (1, 1)


async def test_nobody_waits_for_room_for_ever(office: Office) -> None:
    async with office.intake.bodies.hold(1 << 40):
        with pytest.raises(IntakeFull) as raised:
            async with office.intake.room(1, patience=0.01):
                pytest.fail("there was no room")
    assert raised.value.retry_after == 5
    assert office.intake.bodies.free == 64 * 1024 * 1024


async def test_few_bodies_are_unpacked_at_once_and_none_on_the_event_loop(office: Office) -> None:
    inside, gate, most = [0], threading.Event(), [0]
    loop = threading.current_thread()

    def slowly(body: bytes) -> Batch:
        assert threading.current_thread() is not loop
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        gate.wait(30)
        inside[0] -= 1
        return read(body)

    sender = Sender()
    work = [asyncio.create_task(taken(office.intake, sender.request(), ANYBODY, slowly)) for _ in range(12)]
    await until(lambda: inside[0] == 4 and sender.asked == 12)  # the others wait as they came, deflated
    gate.set()
    assert sum([receipt.accepted for _, receipt in await asyncio.gather(*work)]) == 12
    assert most[0] == 4


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": 1}\n{"a": 2}', True),
        (b' \n{"a": 1} \r\n\n {"a": 2}\n', True),
        (b'{"a": 1}', False),
        (b'{\n "a": 1\n}', False),
        (b'[{"a": 1},\n{"a": 2}]', False),
        (b"", False),
        (b"{}" + b"\n" * 2_000_000, False),  # by a regular expression this took hours
    ],
    ids=["two lines", "with blanks", "one", "one over lines", "an array", "nothing", "many ends of lines"],
)
def test_lines_are_told_from_one_object(body: bytes, expected: bool) -> None:
    assert is_lines(body) is expected
