"""Whose a token is: asked at every request, so it must cost next to nothing."""

import asyncio
import time
from pathlib import Path
from statistics import median

import uvloop

from bench.figure import Figure
from bench.scale import Scale
from steelyard.core.clock import system_clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database, open_sqlite
from steelyard.db.migrate import upgrade
from steelyard.identity.accounts import account_store, token_store
from steelyard.identity.accounts.keys import new_key, token_text
from steelyard.identity.accounts.models import NewToken
from steelyard.identity.credentials import AccountCredentials
from steelyard.identity.roles import Role, Scope
from steelyard.identity.sightings import Sightings

_TOKENS = 1000
_BELOW_US = 100.0
_ADDRESS = "127.0.0.1"
_US = 1e6


def measure(scale: Scale, work: Path) -> list[Figure]:
    """A thousand tokens of a real database, each checked once unknown, then again and again."""
    rounds = [uvloop.run(_round(work / f"depot-{number}.db", scale.asked)) for number in range(scale.rounds)]
    return [
        Figure(f"token check, {_TOKENS} tokens", "us", tuple(warm for warm, _ in rounds), below=_BELOW_US),
        Figure(f"token check, first of {_TOKENS} tokens", "us", tuple(cold for _, cold in rounds)),
    ]


async def _round(path: Path, asked: int) -> tuple[float, float]:
    database = open_sqlite(path, "NORMAL")
    upgrade(database.writer, "depot")
    texts = await _make(database)
    sightings = Sightings(database)
    credentials = AccountCredentials(database, system_clock, Signals(), sightings, idle_days=7)
    listening = asyncio.create_task(credentials.run())
    await asyncio.sleep(0)
    cold = await _checked(credentials, texts)
    warm = median([await _checked(credentials, texts) for _ in range(asked)])
    listening.cancel()
    await asyncio.wait({listening})
    await sightings.write()
    database.close()
    return warm, cold


async def _make(database: Database) -> list[str]:
    keys, now = [new_key() for _ in range(_TOKENS)], system_clock.now()
    new = NewToken("bench", frozenset({Scope.READ, Scope.PULL}), None, None)

    with database.writer.begin() as connection:
        owner = account_store.add(connection, "bench", Role.SERVICE, None, "bench", now)
        for key in keys:
            token_store.add(connection, key, new, owner, now)
    return [token_text(key) for key in keys]


async def _checked(credentials: AccountCredentials, texts: list[str]) -> float:
    """Microseconds for each, one after the other."""
    start = time.perf_counter()
    for text in texts:
        await credentials.of_token(text, _ADDRESS)
    return (time.perf_counter() - start) / len(texts) * _US
