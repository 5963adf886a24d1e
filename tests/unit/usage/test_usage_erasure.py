"""What tells of a person goes out of the log and out of the sheets; the rest of each event stays, and is counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.serving.models import ChatAsk
from steelyard.serving.told import words_of
from steelyard.usage.codes import BY_PRINCIPAL
from steelyard.usage.erasure import Erasure
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import DAY_MS, EventKeys, first_key
from steelyard.usage.lines import EventFilter, list_page
from steelyard.usage.rebuild import recount
from steelyard.usage.sealing import Sealing
from steelyard.usage.sheets import Bag, Dim, Scope, Sum, code, of_dim
from steelyard.usage.spelling import Spelling
from steelyard.usage.state import keep_from
from steelyard.usage.store import total_requests
from steelyard.usage.tables import events
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary, WordKind, find
from steelyard.usage.writing import Kept, add
from tests.recount import bag_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = milliseconds(NOON) // DAY_MS


def event(
    principal: int, parameters: dict[str, Any] | None = None, address: str | None = "::1", model: str = "a",
    agent: str | None = None, minutes: int = 0,
) -> Event:  # fmt: skip
    at = NOON + timedelta(minutes=minutes)
    return Event("generation_completed", at, model, principal, address, agent, parameters=parameters, success=True)


def busy(principal: int, agent: str) -> Event:
    """A generation of five milliseconds."""
    return replace(event(principal, agent=agent), duration_ms=5.0)


class Log:
    """A log with its fold, its sealing and its erasure."""

    def __init__(self, usage_log: Database) -> None:
        turns = Turns(usage_log)
        self.database = usage_log
        self.fold, self._sealing = Fold(usage_log, system_clock, turns), Sealing(turns, system_clock)
        self.erasure = Erasure(usage_log, turns)
        self._keys = EventKeys()

    async def add(self, *batch: Event) -> None:
        """Events that wait."""
        kept = [Kept(self._keys.key(milliseconds(one.at)), one) for one in batch]
        await self.database.write(lambda connection: add(connection, kept, Dictionary()))

    async def add_folded(self, *batch: Event) -> None:
        """Events in the log, of which the sheets are sealed."""
        await self.add(*batch)
        await self.fold.fold_all()
        await self._sealing.seal(everything=True)

    async def found(self) -> list[Event]:
        """All there are, oldest first."""
        _, lines = await self.database.read(lambda connection: list_page(connection, EventFilter(), 1000, 0))
        return [line.event for line in reversed(lines)]

    async def bag(self, scope: Scope, subject: int = 0) -> Bag:
        """What was counted of a subject on the day of these tests."""
        return await self.database.read(lambda one: bag_of(one, scope, subject, DAY, DAY + 1))

    async def word(self, kind: WordKind, text: str) -> int:
        """The number of a word."""
        return (await self.database.read(lambda connection: find(connection, kind, [text])))[text]

    async def drop_events(self) -> None:
        """As retention does."""

        def drop(connection: Connection) -> None:
            keep_from(connection, first_key((DAY + 1) * DAY_MS))
            connection.execute(delete(events))

        await self.database.write(drop)


@pytest.fixture
def log(usage_log: Database) -> Log:
    """An empty log."""
    return Log(usage_log)


async def test_words_of_a_prompt_go_with_their_person_and_parameters_stay(log: Log) -> None:
    batch = [
        event(1, {"temperature": 0.5, "prompt": "secret", "negative_prompt": "blur"}),
        event(1, {"prompt": "secret"}, address=None), event(1), event(2, {"prompt": "of another"}),
    ]  # fmt: skip
    await log.add_folded(*batch)
    await log.add(*batch)
    assert await log.erasure.forget(frozenset({1})) == 6
    assert await log.erasure.forget(frozenset({1})) == 0
    found = [(one.parameters, one.address) for one in await log.found()]
    assert found == [({"temperature": 0.5}, None), (None, None), (None, None), ({"prompt": "of another"}, "::1")] * 2


async def test_words_that_no_database_can_read_are_kept_so_that_they_can_be_forgotten(log: Log) -> None:
    prompts = [words_of(ChatAsk("a", prompt=text)) for text in ("a\0b", "half \ud83d", "\udc00")]
    await log.add_folded(*(event(1, {"prompt": prompt}) for prompt in prompts))
    assert await log.erasure.forget(frozenset({1})) == 3
    assert await log.erasure.forget(frozenset({1})) == 0


async def test_many_events_are_forgotten_and_nothing_of_anybody_else(log: Log) -> None:
    await log.add_folded(*(event(number % 2, agent="curl", minutes=number % 40) for number in range(1, 1203)))
    assert await log.erasure.forget(frozenset({1})) == 601
    assert {(one.principal, one.agent) for one in await log.found()} == {(1, None), (0, "curl")}


async def test_sheets_come_to_what_a_recount_comes_to_and_totals_stay(log: Log) -> None:
    await log.add_folded(*(event(number % 3 + 1, agent="curl", minutes=7 * number) for number in range(30)))
    before = await log.database.read(total_requests)
    await log.erasure.forget(frozenset({1, 2}))
    assert await log.database.read(total_requests) == before
    counted, _ = await log.database.read(lambda connection: recount(connection, Spelling(), DAY, DAY + 1))
    for (scope, subject, _), sheet in counted.sheets.items():
        assert await log.bag(Scope(scope), subject) == sheet.bag
    address = await log.word(WordKind.ADDRESS, "::1")
    assert of_dim(await log.bag(Scope.PRINCIPAL, 1), Dim.ADDRESS) == {}
    assert of_dim(await log.bag(Scope.ADDRESS, address), Dim.PRINCIPAL) == {3: 10}


async def test_of_days_without_events_the_addresses_of_a_person_go(log: Log) -> None:
    await log.add_folded(event(1, address="10.0.0.1", agent="curl"), event(1, address="10.0.0.9"),
                         event(2, address="10.0.0.9", agent="curl"))  # fmt: skip
    own, shared = [await log.word(WordKind.ADDRESS, text) for text in ("10.0.0.1", "10.0.0.9")]
    model, agent = await log.word(WordKind.MODEL, "a"), await log.word(WordKind.AGENT, "curl")
    await log.drop_events()
    assert await log.erasure.forget(frozenset({1})) == 0
    depot, person = await log.bag(Scope.DEPOT), await log.bag(Scope.PRINCIPAL, 1)
    assert (of_dim(depot, Dim.ADDRESS), of_dim(depot, Dim.AGENT)) == ({shared: 1}, {agent: 1})
    assert (of_dim(person, Dim.ADDRESS), of_dim(person, Dim.AGENT)) == ({}, {})
    assert (of_dim(depot, Dim.PRINCIPAL), person[code(Dim.SUM, Sum.USES)]) == ({1: 2, 2: 1}, 2)
    assert await log.bag(Scope.ADDRESS, own) == {}
    assert of_dim(await log.bag(Scope.ADDRESS, shared), Dim.PRINCIPAL) == {2: 1}
    assert of_dim(await log.bag(Scope.MODEL, model), Dim.ADDRESS) == {shared: 2}  # nobody can tell whose these were


async def test_of_days_without_events_nobody_is_left_in_the_sheet_of_a_shared_address(log: Log) -> None:
    await log.add_folded(busy(1, "curl"), busy(1, "curl"), busy(1, "wget"), busy(2, "curl"))
    address, agent = await log.word(WordKind.ADDRESS, "::1"), await log.word(WordKind.AGENT, "curl")
    await log.drop_events()
    await log.erasure.forget(frozenset({1}))
    bag = await log.bag(Scope.ADDRESS, address)
    of_people = [of_dim(bag, Dim(dim)) for dim in BY_PRINCIPAL if dim is not None]
    assert [set(found) - {2} for found in of_people] == [set()] * len(of_people)
    assert of_dim(bag, Dim.BUSY_OF_PRINCIPAL) == {2: 5_000}
    assert of_dim(bag, Dim.AGENT) == {agent: 1}


async def test_erasure_and_fold_do_not_lose_each_others_work(log: Log) -> None:
    await log.add(event(1, agent="curl"))
    assert await log.erasure.forget(frozenset({1})) == 1
    await log.fold.fold_all()
    assert of_dim(await log.bag(Scope.PRINCIPAL, 1), Dim.ADDRESS) == {}
    assert await log.database.read(lambda one: one.execute(select(events.c.address)).scalars().all()) == [None]
