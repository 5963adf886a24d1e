"""What a depot stands on: opened by what the settings say, and never two kinds in one store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.core.clock import system_clock
from steelyard.db.errors import DatabaseRefused
from steelyard.db.lock import DatabaseInUse
from steelyard.foundation.parts import Foundation, open_foundation
from steelyard.settings import Settings, load
from steelyard.testing.postgres import PostgresCluster


@pytest.fixture
def shared(postgres: PostgresCluster, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a depot of several processes."""
    with postgres.database() as url:
        yield _settings(tmp_path, url)


def _settings(folder: Path, url: str) -> Settings:
    return load({"DATABASE_URL": url}, {"home": folder / "home", "store": folder / "store"}).settings


def _alone(folder: Path) -> Settings:
    return load({}, {"home": folder / "alone", "store": folder / "store"}).settings


async def _opened(settings: Settings) -> Foundation:
    return open_foundation(settings, system_clock)


async def test_on_sqlite_everything_is_in_this_process(tmp_path: Path) -> None:
    alone = await _opened(_alone(tmp_path))
    assert (alone.database.kind, alone.usage_log.kind, dict(alone.background)) == ("sqlite", "sqlite", {})
    with pytest.raises(DatabaseInUse):
        await _opened(_alone(tmp_path))
    await alone.close()
    await (await _opened(_alone(tmp_path))).close()


async def test_on_postgresql_there_is_room_for_others(shared: Settings) -> None:
    one, two = await _opened(shared), await _opened(shared)
    assert {one.database.kind, two.usage_log.kind} == {"postgresql"}
    assert set(one.background) == {"pulse", "listening", "feed", "dispatch log"}
    assert abs(one.clock_offset) < 1
    await one.close()
    await two.close()


async def test_two_kinds_never_share_a_store(shared: Settings, tmp_path: Path) -> None:
    one = await _opened(shared)
    with pytest.raises(DatabaseInUse):
        await _opened(_alone(tmp_path))
    await one.close()
    alone = await _opened(_alone(tmp_path))
    with pytest.raises(DatabaseInUse, match="SQLite"):
        await _opened(shared)
    await alone.close()


async def test_a_database_that_is_not_there_leaves_nothing_open(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused):
        await _opened(_settings(tmp_path, "postgresql://steelyard@127.0.0.1:1/depot"))
    await (await _opened(_alone(tmp_path))).close()
