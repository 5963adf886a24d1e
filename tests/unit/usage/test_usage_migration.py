"""Events of the log with indexes come into the log without, and back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.db.migrate import configuration, upgrade
from steelyard.usage import hot
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.rows import event_of, numbers_in
from steelyard.usage.tables import events
from steelyard.usage.words import Dictionary, spell
from steelyard.usage.writing import Kept, add
from tests.recount import all_counts, all_totals, assert_as_recounted

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _events() -> list[Event]:
    steps: list[dict[str, Any] | None] = [{"steps": 30}, {"prompt": "é", "seed": 2**40}, None]
    return [
        Event(
            "generation_completed", NOON + timedelta(minutes=number // 2), "org/a", 1, "::1", "curl/8", True, None,
            "r", "s", 12.345, 1.5, None, 0.25, 5, 6, 7, 2**40, 1.5, 50.0, None, steps[number % 3],
        )
        for number in range(30)
    ]  # fmt: skip


async def _add(database: Database, batch: Sequence[Event]) -> None:
    keys = EventKeys()
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in batch]
    await database.write(lambda connection: add(connection, kept, Dictionary()))


def _down(database: Database) -> None:
    config = configuration("usage")
    with database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")


def _log(connection: Connection) -> list[Event]:
    rows = hot.rows_of(connection, select(events).order_by(events.c.id))
    texts = spell(connection, {number for row in rows for number in numbers_in(row)})
    return sorted((event_of(row, texts) for row in rows), key=repr)


async def test_down_and_up_again_nothing_is_lost_and_everything_is_counted(usage_log: Database) -> None:
    await _add(usage_log, _events()[:20])
    await Fold(usage_log, system_clock).fold_all()
    await _add(usage_log, _events()[20:])
    _down(usage_log)
    old = (
        "SELECT count(*), sum(duration_ms), count(parameters), (SELECT sum(events) FROM usage_totals) FROM usage_events"
    )
    found = await usage_log.read(lambda one: one.execute(text(old)).one())
    assert tuple(found) == (30, pytest.approx(30 * 12.345), 20, 30)
    upgrade(usage_log.writer, "usage")
    await Fold(usage_log, system_clock).fold_all()
    await assert_as_recounted(usage_log)
    assert await usage_log.read(_log) == sorted(_events(), key=repr)
    counts, totals = await usage_log.read(all_counts), await usage_log.read(all_totals)
    assert len(counts) == 4
    assert [total[0] for total in totals.values()] == [30]
