"""A disk that takes its time: answers do not wait for the log, and nothing is missing in it afterwards."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from steelyard.db import sqlite
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import chat, chatting_house, events
from tests.flows.house import House, eventually

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # the file on this disk
_ASKED = 20


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    """A depot that has a model to ask."""
    async with chatting_house(hub, home) as house:
        yield house


@contextmanager
def slow(home: Path) -> Iterator[None]:
    """Within the block no commit of the log comes to its end.

    By the depot's own SQLite: two libraries in one process do not see each other's locks.
    """
    with closing(sqlite.driver().connect(home / "steelyard-usage.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_answers_are_not_held_up_and_every_event_is_there_once(house: House, home: Path) -> None:
    await chat(house)
    with slow(home):
        for _ in range(_ASKED):  # each of them would wait for the end of the block
            await chat(house)
        told = (await house.get("/health"))["events"]
        assert (told["spooled"] > 0, told["dropped"]) == (True, 0)

    async def is_through() -> bool:
        return bool((await house.get("/health"))["events"]["spooled"] == 0)

    await eventually(is_through, "the spool is written")
    assert len(await events(house, "generation_completed")) == _ASKED + 1
