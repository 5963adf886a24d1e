"""The access log read back: filters, pages and slices against what Python makes of the same events."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.db.keyset import Mark, slices
from steelyard.usage import lines
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.lines import EventFilter, Line
from steelyard.usage.sealing import Sealing
from steelyard.usage.sight import visible
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COUNT = 30
TYPES = ("model_access", "model_list", "custom.type", "generation_failed")
STEP = timedelta(hours=31, minutes=11)  # over 19 days


def _events() -> list[Event]:
    """Two a moment; every fifth without a principal, every seventh without a model, every third failed or open."""
    return [
        Event(
            type=TYPES[number % 3 + (number > 20)], at=NOON + STEP * (number // 2),
            model=None if number % 7 == 0 else f"org/model-{number % 2}",
            principal=None if number % 5 == 0 else number % 4 + 1, address=f"10.0.0.{number % 2}", agent="curl/8",
            success=(True, False, None)[number % 3], error_code="404" if number % 3 == 1 else None,
            duration_ms=number + 0.5, bytes_out=number, parameters={"steps": number} if number % 2 else None,
        )
        for number in range(COUNT)
    ]  # fmt: skip


def _failed(one: Event) -> bool:
    return one.success is False or (one.success is None and one.type == "generation_failed")


CASES: list[tuple[EventFilter, Callable[[Event], bool]]] = [
    (EventFilter(), lambda _one: True),
    (EventFilter(principals=frozenset({2})), lambda one: one.principal == 2),
    (EventFilter(principals=frozenset({2, 3})), lambda one: one.principal in {2, 3}),
    (EventFilter(principals=frozenset()), lambda _one: False),
    (EventFilter(address="10.0.0.1"), lambda one: one.address == "10.0.0.1"),
    (EventFilter(address="curl/8"), lambda _one: False),
    (EventFilter(model="org/model-1"), lambda one: one.model == "org/model-1"),
    (EventFilter(model="org/model"), lambda _one: False),
    (EventFilter(type="custom.type"), lambda one: one.type == "custom.type"),
    (EventFilter(success=True), lambda one: one.success is True),
    (EventFilter(success=False), _failed),
    (EventFilter(since=NOON + 5 * STEP), lambda one: one.at >= NOON + 5 * STEP),
    (EventFilter(until=NOON + 5 * STEP), lambda one: one.at < NOON + 5 * STEP),
    (EventFilter(since=NOON + 2 * STEP, until=NOON + 90 * STEP), lambda one: one.at >= NOON + 2 * STEP),
    (EventFilter(since=NOON + 3 * STEP, until=NOON + 3 * STEP), lambda _one: False),
    (EventFilter(type="model_list", success=False), lambda one: one.type == "model_list" and _failed(one)),
    (EventFilter(type="generation_failed", success=False), lambda one: one.type == "generation_failed"),
    (
        EventFilter(principals=frozenset({1, 2}), address="10.0.0.1"),
        lambda one: one.principal in {1, 2} and one.address == "10.0.0.1",
    ),
    (EventFilter(model="org/model-1", type="never.seen"), lambda _one: False),
    (
        EventFilter(principals=frozenset({1}), model="org/model-0", success=True),
        lambda one: (one.principal, one.model, one.success) == (1, "org/model-0", True),
    ),
    (EventFilter(model="org/model-0", success=False), lambda one: one.model == "org/model-0" and _failed(one)),
]


@pytest.mark.parametrize("folded", ["nothing", "a part", "everything", "everything and sealed"])
async def test_filters_pages_and_slices_agree(usage_log: Database, folded: str) -> None:
    await _fill(usage_log, folded)
    for wanted, matches in CASES:
        await _agree(usage_log, wanted, matches)


async def _agree(usage_log: Database, wanted: EventFilter, matches: Callable[[Event], bool]) -> None:
    whole = [event for event in reversed(_events()) if matches(event)]
    for limit, offset in ((4, 0), (4, 3), (5, max(0, len(whole) - 2)), (100, 0), (5, 1000)):
        total, page = await _page(usage_log, wanted, limit, offset)
        assert (total, [line.event for line in page]) == (len(whole), whole[offset : offset + limit])
    found = [line.event for rows in await _slices(usage_log, wanted) for line in rows]
    assert found == whole


async def test_a_line_says_where_it_stands(usage_log: Database) -> None:
    await _fill(usage_log)
    _, page = await _page(usage_log, EventFilter(), COUNT, 0)
    places = [(line.at_ms, line.id) for line in page]
    assert places == sorted(set(places), reverse=True)
    assert all(line.at_ms == milliseconds(line.event.at) for line in page)


@pytest.mark.parametrize("microseconds", [0, 999, 1000, 1001, 123_000, 289_000, 999_999])
def test_milliseconds_are_whole_and_never_one_too_few(microseconds: int) -> None:
    for second in range(1_767_268_800, 1_767_268_900):
        moment = datetime.fromtimestamp(second, UTC) + timedelta(microseconds=microseconds)
        assert milliseconds(moment) == second * 1000 + microseconds // 1000


@pytest.mark.parametrize(
    ("asked", "seen"),
    [(None, {7, 8}), (frozenset({1, 7}), {7}), (frozenset({1}), set()), (frozenset(), set())],
)
def test_others_see_their_own_lines_only(asked: frozenset[int] | None, seen: set[int]) -> None:
    wanted = EventFilter(principals=asked, model="org/name")
    assert visible(wanted, frozenset({7, 8})) == EventFilter(principals=frozenset(seen), model="org/name")


async def _fill(usage_log: Database, folded: str = "nothing") -> None:
    """In an order of their own, so that what waits is not what is newest."""
    keys = EventKeys()
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in _events()]
    turns = Turns(usage_log)
    fold = Fold(usage_log, system_clock, turns, size=7)
    for part in (kept[1::2], kept[::2]):
        await _add(usage_log, part)
        if folded == "a part" and part[0] is kept[1]:
            await fold.fold_once()
    if folded.startswith("everything"):
        await fold.fold_all()
    if folded.endswith("sealed"):
        await Sealing(turns, system_clock).seal(everything=True)


async def _add(usage_log: Database, kept: list[Kept]) -> None:
    await usage_log.write(lambda connection: add(connection, kept, Dictionary()))


async def _page(usage_log: Database, wanted: EventFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
    return await usage_log.read(lambda connection: lines.list_page(connection, wanted, limit, offset))


async def _slices(usage_log: Database, wanted: EventFilter) -> list[list[Line]]:
    async def read(mark: Mark | None, many: int) -> list[Line]:
        def slice_(connection: Connection) -> list[Line]:
            return lines.list_slice(connection, wanted, mark, many, 0)

        return await usage_log.read(slice_)

    return [list(rows) async for rows in slices(read, lines.mark_of, size=3)]
