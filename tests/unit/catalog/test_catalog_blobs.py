"""Seals: who has which file of a blob, and as what it was right."""

from functools import partial

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
