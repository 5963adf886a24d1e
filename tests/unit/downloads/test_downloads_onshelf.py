"""What of a growing set is here."""

import pytest
from sqlalchemy import Connection

from steelyard.catalog.models import FileState
from steelyard.db.database import Database
from steelyard.downloads import wants
from steelyard.downloads.onshelf import chosen_files, complete_revision, tally_of
from steelyard.downloads.payload import dedupe_key
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirrored import WANTED, file, shelve

HERE, AWAY = file("a.safetensors", 2000, FileState.STORED), file("b.safetensors", 3000)


@pytest.mark.parametrize(
    ("asked", "is_here"),
    [
        ([], False),  # nobody wants anything of it: it is not complete, it is nothing
        (["a.safetensors"], True),
        (["a.safetensors", "b.safetensors"], False),
        (["absent"], False),
    ],
)
async def test_a_growing_set_is_what_was_asked_for(
    database: Database, clock: HandClock, asked: list[str], is_here: bool
) -> None:
    def work(connection: Connection) -> tuple[list[str], int, bool]:
        revision = shelve(connection, clock, [HERE, AWAY], complete=True)[1]
        wants.add(connection, dedupe_key(WANTED), asked, clock.now())
        chosen = [one.path for one in chosen_files(connection, WANTED, revision)]
        return chosen, tally_of(connection, WANTED, revision).size, complete_revision(connection, WANTED) is not None

    chosen = [one for one in (HERE, AWAY) if one.path in asked]
    assert await database.write(work) == ([one.path for one in chosen], sum(one.size for one in chosen), is_here)
