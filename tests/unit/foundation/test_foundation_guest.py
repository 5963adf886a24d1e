"""The usage log for who looks after it beside a depot."""

from pathlib import Path

import pytest
from sqlalchemy import text

from steelyard.core.clock import system_clock
from steelyard.db.lock import DatabaseInUse
from steelyard.db.migrate import SchemaTooOld
from steelyard.db.sqlite import is_affected_by_wal_reset
from steelyard.foundation.guest import NoUsageLog, open_usage_log
from steelyard.foundation.parts import open_foundation
from steelyard.settings import Settings, load
from steelyard.usage import sheet_store
from tests.databases import MakeHome


def _settings(home: Path) -> Settings:
    return load({}, {"home": home, "store": home / "store"}).settings


async def test_it_is_opened_while_nobody_runs(make_home: MakeHome, tmp_path: Path) -> None:
    with make_home(tmp_path / "home") as home:
        guest = open_usage_log(_settings(home))
        assert await guest.read(sheet_store.turn) == 0
        guest.close()


async def test_it_writes_beside_a_depot_that_runs(make_home: MakeHome, tmp_path: Path) -> None:
    with make_home(tmp_path / "home") as home:
        depot = open_foundation(_settings(home), system_clock)
        if depot.usage_log.kind == "sqlite" and is_affected_by_wal_reset():
            with pytest.raises(DatabaseInUse, match="no second process"):
                open_usage_log(_settings(home))
        else:
            guest = open_usage_log(_settings(home))
            await guest.write(lambda connection: sheet_store.take_turn(connection, 0))
            assert await depot.usage_log.read(sheet_store.turn) == 1
            guest.close()
        await depot.close()


async def test_an_older_log_is_left_alone(make_home: MakeHome, tmp_path: Path) -> None:
    with make_home(tmp_path / "home") as home:
        depot = open_foundation(_settings(home), system_clock)
        older = text("UPDATE alembic_version_usage SET version_num = '0001'")
        await depot.usage_log.write(lambda connection: connection.execute(older))
        await depot.close()
        with pytest.raises(SchemaTooOld):
            open_usage_log(_settings(home))


def test_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(NoUsageLog):
        open_usage_log(_settings(tmp_path / "home"))
    assert list(tmp_path.iterdir()) == []
