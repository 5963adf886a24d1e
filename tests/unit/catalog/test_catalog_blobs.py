"""Seals: who has which file of a blob, and as what it was right."""

from functools import partial

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import blobs, revisions, store
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.tables import entries
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.storage.fingerprint import Fingerprint
from steelyard.testing.clock import HandClock

A, B = Digest("sha256", "a" * 64), Digest("git", "b" * 40)
FILE = Fingerprint(10, 2**64 - 1, 1_700_000_000_123_456_789)  # some file systems use all 64 bits


def hold(connection: Connection, repo: str, clock: HandClock, state: FileState = FileState.STORED) -> int:
    """An entry that has both blobs."""
    entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, repo), None, clock.now())
    revision = revisions.ensure(connection, entry.id, "c" * 40, clock.now())
    revisions.add_files(connection, revision.id, [File("a", 10, A, state), File("b", 10, B, state)])
    return entry.id


async def test_a_seal_is_kept_and_renewed(database: Database, clock: HandClock) -> None:
    entry = await database.write(lambda connection: hold(connection, "one", clock))
    for file in (FILE, FILE._replace(mtime_ns=5)):
        clock.forward(seconds=1)
        await database.write(partial(blobs.seal, entry=entry, found={A: file}, now=clock.now()))
    found = (await database.read(lambda connection: blobs.seals_of(connection, [entry])))[entry]
    assert {digest: (seal.file, seal.verified_at) for digest, seal in found.items()} == {
        A: (FILE._replace(mtime_ns=5), clock.now())
    }


async def test_a_broken_seal_is_gone(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> dict[Digest, blobs.Seal]:
        entry = hold(connection, "one", clock)
        blobs.seal(connection, entry, {A: FILE, B: FILE}, clock.now())
        blobs.unseal(connection, entry, [A])
        return blobs.seals_of(connection, [entry])[entry]

    assert set(await database.write(work)) == {B}


async def test_holders_come_with_their_seals(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> dict[str, Fingerprint | None]:
        one, _, waiting, gone = (
            hold(connection, "one", clock), hold(connection, "two", clock),
            hold(connection, "waiting", clock, FileState.QUARANTINED), hold(connection, "gone", clock),
        )  # fmt: skip
        blobs.seal(connection, one, {A: FILE}, clock.now())
        connection.execute(update(entries).where(entries.c.id == gone).values(deleted_at=clock.now()))
        (quarantined,) = blobs.holders(connection, [A], FileState.QUARANTINED)[A]
        assert quarantined.entry == waiting
        held = blobs.holders(connection, [A, B])
        assert {holder.name.repo for holder in held[B]} == {"one", "two"}
        return {holder.name.repo: holder.seal.file if holder.seal else None for holder in held[A]}

    assert await database.write(work) == {"one": FILE, "two": None}


async def test_bytes_of_a_private_entry_are_for_its_owner(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> dict[str, tuple[set[str], bool]]:
        owners = {"public": "bob", "private": "alice", "hers": "alice", "his": "bob", "nobodys": None, "closed": None}
        keys = {repo: hold(connection, repo, clock) for repo in owners}
        waiting = hold(connection, "waiting", clock, FileState.QUARANTINED)
        own = {**owners, "waiting": "alice"}
        for repo, key in {**keys, "waiting": waiting}.items():
            values = {"owner": own[repo], "private": repo in {"private", "closed", "waiting"}}
            connection.execute(update(entries).where(entries.c.id == key).values(**values))
        told = {}
        for repo in [*keys, "new"]:
            taken = {holder.name.repo for holder in blobs.takable(connection, [A], keys.get(repo))[A]}
            told[repo] = taken, bool(blobs.withheld(connection, [A], keys.get(repo, 0)))
        return told

    everybody = {"public", "hers", "his", "nobodys"}
    assert await database.write(work) == {
        "public": (everybody, True), "private": ({*everybody, "private"}, False),
        "hers": ({*everybody, "private"}, False), "his": (everybody, True), "nobodys": (everybody, True),
        "closed": ({*everybody, "closed"}, True), "new": (everybody, True),
    }  # fmt: skip


async def test_what_waits_for_a_public_entry_too_is_for_everybody(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> set[Digest]:
        private = hold(connection, "private", clock, FileState.QUARANTINED)
        connection.execute(update(entries).where(entries.c.id == private).values(private=True, owner="alice"))
        mine = hold(connection, "mine", clock)
        before = blobs.withheld(connection, [A, B], mine)
        hold(connection, "public", clock, FileState.QUARANTINED)
        assert blobs.withheld(connection, [A, B], mine) == set()
        return before

    assert await database.write(work) == {A, B}


async def test_one_seal(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[blobs.Seal | None]:
        entry, other = (hold(connection, name, clock) for name in ("one", "two"))
        blobs.seal(connection, entry, {A: FILE}, clock.now())
        return [blobs.seal_of(connection, *asked) for asked in ((entry, A), (entry, B), (other, A))]

    found, *nothing = await database.write(work)
    assert found is not None
    assert (found.file, nothing) == (FILE, [None, None])


@pytest.mark.parametrize(
    ("private", "owner", "mine", "closed"),
    [
        (False, "alice", "bob", False),
        (True, "alice", "bob", True),
        (True, "alice", "alice", False),
        (True, None, "bob", True),
        (True, "alice", None, True),
    ],
)
async def test_bytes_that_come_in_may_be_those_of_somebody_elses_private_model(
    database: Database, clock: HandClock, private: bool, owner: str | None, mine: str | None, closed: bool
) -> None:
    def work(connection: Connection) -> list[bool]:
        for repo, values in (("theirs", {"private": private, "owner": owner}), ("ours", {"owner": mine})):
            key = hold(connection, repo, clock, FileState.LISTED)
            connection.execute(update(entries).where(entries.c.id == key).values(**values))
        names = [EntryName("huggingface", Kind.MODEL, repo) for repo in ("ours", "theirs")]
        unlisted = Digest("sha256", "f" * 64)
        return [blobs.is_closed(connection, A, name) for name in names] + [
            blobs.is_closed(connection, unlisted, names[0])
        ]

    assert await database.write(work) == [closed, False, False]
