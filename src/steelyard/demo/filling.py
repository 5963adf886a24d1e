"""Fills a depot with made-up days, by the ways that real ones take: the shelf, the requests, the recorder."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection

from steelyard.app import Depot
from steelyard.app.running import running
from steelyard.catalog.models import Revision
from steelyard.core.ref import Kind
from steelyard.demo.days import Days
from steelyard.demo.shelf import introduce, shelve, take
from steelyard.identity.principal import Principal
from steelyard.storage.layout import RepoFolder
from steelyard.usage.events import Event, EventType
from steelyard.usage.recorder import Recorder

_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Filled:
    """How much was made up."""

    days: int
    models: int
    people: int
    events: int


async def fill(depot: Depot, days: int, seed: int) -> Filled:
    """Let ``days`` days have happened; the depot is closed afterwards."""
    now = depot.clock.now()
    since = now - timedelta(days=days)
    people = await depot.database.write(lambda connection: introduce(connection, since))
    shelf = await depot.database.write(lambda connection: shelve(connection, now, days, seed, people))
    for name in shelf:  # empty ones: a store without its folders would be taken for another one
        depot.storage.layout.repository(RepoFolder(Kind.MODEL, name)).mkdir(parents=True, exist_ok=True)
    numbers = {name: who.id for name, who in people.items()}
    events = list(Days(now, days, seed, numbers).events())
    async with running(depot):
        await _record(depot.recorder, events)
        await depot.usage.fold.fold_all()
        await depot.database.write(lambda connection: _take_all(connection, events, people, shelf))
    return Filled(days, len(shelf), len(people), len(events))


async def _record(recorder: Recorder, events: Iterable[Event]) -> None:
    """Return once all are on the disk."""
    for batch in _batches(events):
        await asyncio.gather(*map(recorder.submit, batch))


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    rest = iter(events)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _take_all(
    connection: Connection, events: Iterable[Event], people: Mapping[str, Principal], shelf: Mapping[str, Revision]
) -> None:
    by_number = {who.id: who for who in people.values()}
    for event in events:
        model, who = event.model, by_number.get(event.principal or 0)
        if event.type == EventType.MODEL_DOWNLOAD and model in shelf and model is not None and who is not None:
            take(connection, event, who, shelf[model], model)
