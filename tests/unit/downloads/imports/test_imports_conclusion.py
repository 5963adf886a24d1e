"""What counts as whole: of a list that is only what was found, too, nothing may be missing."""

import pytest
from sqlalchemy import Connection

from steelyard.catalog import partial, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads.imports.conclusion import _is_whole
from steelyard.testing.clock import HandClock

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
FILES = [File(name, 10, Digest("sha256", str(number) * 64), FileState.LISTED) for number, name in enumerate("ab")]


@pytest.mark.parametrize("whole", [True, False])
async def test_nothing_may_be_missing(database: Database, clock: HandClock, whole: bool) -> None:
    def work(connection: Connection) -> list[bool]:
        entry = catalog.ensure(connection, NAME, None, clock.now())
        revision = revisions.ensure(connection, entry.id, "c" * 40, clock.now())
        partial.add_found(connection, revision, FILES, whole=whole)
        told = []
        for file in FILES:
            revisions.mark_files(connection, revision.id, [file.path], FileState.STORED)
            told.append(_is_whole(connection, revision))
        return told

    assert await database.write(work) == [False, True]
