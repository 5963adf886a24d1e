"""Sealed sheets as an earlier schema stored them become loose ones that say the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, delete, insert, select

from steelyard.db.migrate import configuration, upgrade
from steelyard.db.sqlite import writer_engine
from steelyard.usage import sheet_store
from steelyard.usage.packing import pack_loose
from steelyard.usage.sheets import Level, Scope, Sum, code, sheet_key
from steelyard.usage.tables import events, hot, sheets, totals

DAY = 20_400
QUARTERS = {
    3: {code(0, Sum.EVENTS): 2, code(0, Sum.USES): 1, code(1, 7): 2, code(5, 9): -1},
    40: {code(0, Sum.EVENTS): 1, code(0, Sum.VRAM_SAMPLES): 5, code(1, 7): 1},
    95: {code(12, 300): 4},
}
SERIES = "789c6b62b8c390c0c0c0c0c440046024461116c002b1835ced440100d94d0303"
BAG = "789c6b6198c6c0c2cbccc8ca38899d997512e77f9e496719755800353c050d"
BY_PLACE = "789c9b3c85899191712ab32ab346fc442600185d0307"
BY_QUARTER = "789c6b666e629cc4cec43a89f3bf0688c5c830499035be9167d259461d1600750907ad"
DAY_SHEET = sheet_key(Level.DAY, Scope.MODEL, 5, DAY)
LOOSE = sheet_key(Level.HOUR, Scope.MODEL, 5, DAY * 24)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A log with the schema before."""
    engine = writer_engine(tmp_path / "a.db", "NORMAL")
    _step(engine, "0004")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("quarters", [BY_PLACE, BY_QUARTER])
def test_what_was_sealed_is_loose_and_counts_the_same(engine: Engine, quarters: str) -> None:
    stored = {"series": bytes.fromhex(SERIES), "bag": bytes.fromhex(BAG), "quarters": bytes.fromhex(quarters)}
    with engine.begin() as connection:
        connection.execute(insert(sheets), {"key": DAY_SHEET, **stored})
        connection.execute(insert(sheets), {"key": LOOSE, "bag": pack_loose({3: {code(1, 7): 10}, 0: {code(1, 7): 1}})})
        connection.execute(
            insert(sheets), {"key": sheet_key(Level.BLOCK, Scope.MODEL, 5, DAY // 16), "bag": stored["bag"]}
        )
    upgrade(engine, "usage")
    with engine.connect() as connection:
        keys = connection.execute(select(sheets.c.key)).scalars().all()
        found = sheet_store.read_quarters(connection, Scope.MODEL, 5, DAY)
    assert all(key < DAY_SHEET for key in keys)
    assert dict(found) == QUARTERS | {0: {code(1, 7): 1}, 3: QUARTERS[3] | {code(1, 7): 12}}


def test_on_the_way_back_the_log_is_to_be_counted_anew(engine: Engine) -> None:
    upgrade(engine, "usage")
    with engine.begin() as connection:
        connection.execute(insert(events), {"id": 7, "type": 1})
        connection.execute(insert(totals), {"type": 1, "model": 0, "events": 1, "first_ms": 1, "last_ms": 1})
    _step(engine, "0004", back=True)
    with engine.connect() as connection:
        assert connection.execute(select(hot.c.id)).scalars().all() == [7]
        assert [connection.execute(select(table)).all() for table in (events, totals, sheets)] == [[], [], []]
        connection.execute(delete(hot))


def _step(engine: Engine, target: str, *, back: bool = False) -> None:
    config = configuration("usage")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if back else command.upgrade)(config, target)
