"""While the database is away the mirror goes by what it said lately, and never by what was taken back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import aliases, revisions
from steelyard.catalog.models import MODEL_TOPIC, FileState
from steelyard.catalog.tables import entries
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind
from steelyard.core.signals import Signals
from steelyard.core.threads import ended
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.db.lifeline import Lifeline
from steelyard.db.postgres import open_postgres
from steelyard.downloads.mirror.errors import FileUnknown
from steelyard.downloads.mirror.models import Named
from steelyard.downloads.mirror.placing import Placing
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import Upstream
from steelyard.identity.principal import Access, Caller
from steelyard.identity.remembered import FRESH_SECONDS, STALE_SECONDS
from steelyard.identity.roles import Role
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import Sources
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.postgres import PostgresCluster
from tests.unit.downloads.mirrored import COMMIT, NAME, caller, file, shelve

NAMED = Named(Repository(Kind.MODEL, NAME.repo), COMMIT)
FILES = [file(path, state=FileState.STORED) for path in ("a.bin", "b.json")]
ALICE, BOB = (Access(Role.MEMBER, account=name) for name in ("alice", "bob"))


@dataclass
class Town:
    """A mirror, its database, and the line to it."""

    database: Database
    lifeline: Lifeline
    placing: Placing
    signals: Signals
    clock: HandClock
    entry: int

    async def settled(self, who: Caller) -> None:
        """Return once what was asked for is kept."""
        named = (NAMED, who)
        await eventually(lambda: self.placing.warm.placed(*named, None) is not None)

    async def change(self, **values: object) -> None:
        """Set columns of the entry, without telling anybody."""
        statement = update(entries).where(entries.c.id == self.entry).values(**values)
        await self.database.write(lambda connection: connection.execute(statement))

    async def paths(self, who: Caller) -> list[str]:
        """What somebody gets of it."""
        return [one.path for one in await self.placing.files(await self.placing.place(NAMED, who))]


@pytest.fixture
async def town(postgres: PostgresCluster, clock: HandClock) -> AsyncIterator[Town]:
    """One model is on the shelf, whole; alice owns it."""
    lifeline, settings, signals = Lifeline(), MirrorSettings.model_validate({"offline": True}), Signals()
    with postgres.database() as url:
        database = open_postgres(url, isolation="SERIALIZABLE", lifeline=lifeline)

        def work(connection: Connection) -> int:
            entry, _ = shelve(connection, clock, FILES, complete=True)
            return entry.id

        key = await database.write(work)
        placing = Placing(database, Upstream(Sources({}), clock, settings), clock, settings)
        running = asyncio.create_task(placing.warm.run(signals))
        yield Town(database, lifeline, placing, signals, clock, key)
        running.cancel()
        await ended([running])
        database.close()


async def test_what_was_asked_for_lately_goes_on_to_be_found(town: Town) -> None:
    before = await town.placing.place(NAMED, caller())
    await town.settled(caller())
    town.lifeline.cut()
    found = await town.placing.place(NAMED, caller("bob", 2), "a.bin")
    assert (found.commit, found.entry, found.revision) == (before.commit, before.entry, before.revision)
    assert found.asked is not None
    assert (found.asked.file.path, await town.placing.file(found, "b.json")) == ("a.bin", FILES[1])
    assert await town.paths(caller()) == ["a.bin", "b.json"]
    with pytest.raises(FileUnknown):
        await town.placing.file(found, "c.bin")


async def test_what_nobody_asked_for_is_not(town: Town) -> None:
    town.lifeline.cut()
    with pytest.raises(DatabaseAway):
        await town.placing.place(NAMED, caller())


async def test_for_ten_minutes_and_no_longer(town: Town) -> None:
    await town.placing.place(NAMED, caller())
    await town.settled(caller())
    town.lifeline.cut()
    town.clock.forward(seconds=STALE_SECONDS - 1)
    assert await town.paths(caller()) == ["a.bin", "b.json"]
    town.clock.forward(seconds=1)
    with pytest.raises(DatabaseAway):
        await town.paths(caller())


async def test_who_asks_again_makes_it_last_longer(town: Town) -> None:
    await town.placing.place(NAMED, caller())
    await town.settled(caller())
    town.clock.forward(seconds=FRESH_SECONDS)
    await town.placing.place(NAMED, caller())
    town.clock.forward(seconds=STALE_SECONDS - 1)
    await eventually(lambda: town.placing.warm.placed(NAMED, caller(), None) is not None)


async def test_others_who_never_asked_get_what_they_may_see(town: Town) -> None:
    await town.placing.place(NAMED, caller(access=ALICE))
    await town.settled(caller(access=ALICE))
    town.lifeline.cut()
    assert await town.paths(caller("bob", 2, BOB)) == ["a.bin", "b.json"]


async def test_and_no_more(town: Town) -> None:
    await town.change(private=True, owner="alice")
    await town.placing.place(NAMED, caller(access=ALICE))
    await town.settled(caller(access=ALICE))
    town.lifeline.cut()
    assert await town.paths(caller(access=ALICE)) == ["a.bin", "b.json"]
    with pytest.raises(DatabaseAway):
        await town.paths(caller("bob", 2, BOB))


async def test_what_was_taken_back_does_not_return(town: Town) -> None:
    await town.placing.place(NAMED, caller("bob", 2, BOB))
    await town.settled(caller("bob", 2, BOB))
    await town.change(private=True, owner="alice")
    town.lifeline.cut()
    town.signals.publish(MODEL_TOPIC, str(town.entry))
    await eventually(lambda: town.placing.warm.placed(NAMED, caller("bob", 2, BOB), None) is None)
    with pytest.raises(SteelyardError):
        await town.paths(caller("bob", 2, BOB))


async def test_a_change_of_it_is_read_at_once_and_one_of_another_is_nothing(town: Town) -> None:
    await town.placing.place(NAMED, caller())
    await town.settled(caller())

    def forget(connection: Connection) -> None:
        revision = revisions.find(connection, town.entry, COMMIT)
        assert revision is not None
        revisions.mark_files(connection, revision.id, ["a.bin"], FileState.LISTED)

    await town.database.write(forget)
    town.signals.publish(MODEL_TOPIC, "org/other")
    town.signals.publish(MODEL_TOPIC, str(NAME))

    def is_new() -> bool:
        found = town.placing.warm.placed(NAMED, caller(), "a.bin")
        return found is not None and found.asked is not None and found.asked.file.state is FileState.LISTED

    await eventually(is_new)


async def test_under_another_name_it_is_the_same(town: Town) -> None:
    named = Named(Repository(Kind.MODEL, "parrot"), COMMIT)
    await town.database.write(lambda connection: aliases.replace(connection, town.entry, ["parrot"], town.clock.now()))
    await town.placing.place(named, caller())
    await eventually(lambda: town.placing.warm.placed(named, caller(), None) is not None)
    town.lifeline.cut()
    assert (await town.placing.place(named, caller())).name == NAME
