"""What the tables believe about folders, and which of them somebody is at work in."""

from steelyard.catalog.care import records
from steelyard.catalog.care.records import Record
from steelyard.catalog.models import FileState
from steelyard.jobs import store as jobs
from steelyard.jobs.models import NewJob, Priority
from steelyard.storage.fingerprint import Fingerprint
from steelyard.testing.source import digest_of
from tests.unit.catalog.care.conftest import COMMIT, FOLDER, NAME, Shelf

A = b"first"


async def read(shelf: Shelf, entry: int) -> Record:
    """The one record."""
    (found,) = await shelf.database.read(lambda connection: records.read(connection, [entry]))
    return found


async def test_a_file_with_its_seal(shelf: Shelf) -> None:
    entry = await shelf.hold(A)
    found = await read(shelf, entry)
    (file,) = found.files
    assert (found.name, found.commits, found.is_moving, found.is_filling) == (NAME, {COMMIT}, False, False)
    assert (file.blob, file.size, file.state) == (digest_of(A).hex, len(A), FileState.STORED)
    assert file.seal == Fingerprint.of(shelf.place(A).stat())


async def test_folders_and_what_should_be_in_them(shelf: Shelf) -> None:
    entry = await shelf.hold(A)
    found = await shelf.database.read(records.shelf)
    assert (found.folders, found.stored, found.deleted) == ({FOLDER.place: [entry]}, {FOLDER.place}, {})
    assert await shelf.database.read(lambda connection: records.has_files(connection, entry))
    assert not await shelf.database.read(lambda connection: records.has_files(connection, entry + 1))


async def test_a_job_about_the_entry_moves_it(shelf: Shelf) -> None:
    entry = await shelf.hold(A)
    new = NewJob("download", "download", {}, subject=entry)
    await shelf.database.write(lambda connection: jobs.insert(connection, new, shelf.clock.now()))
    assert ((await read(shelf, entry)).is_moving, (await read(shelf, entry)).is_filling) == (True, False)


async def test_an_import_may_fill_anything_and_a_look_nothing(shelf: Shelf) -> None:
    entry = await shelf.hold(A)
    await shelf.add_job("scan", "scan", Priority.LOW)
    assert not (await read(shelf, entry)).is_filling
    await shelf.add_job("import", "import", Priority.LOW)
    assert ((await read(shelf, entry)).is_moving, (await read(shelf, entry)).is_filling) == (False, True)
