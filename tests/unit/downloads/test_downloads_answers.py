"""What the hub said, kept with the entries."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.downloads import answers
from steelyard.downloads.answers import Said
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirrored import COMMIT, shelve

OTHER = "b" * 40


async def test_the_last_word_about_a_branch_counts(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[Said | None, Said | None]:
        answers.set_ref(connection, 1, "main", COMMIT, clock.now())
        clock.forward(minutes=1)
        answers.set_ref(connection, 1, "main", OTHER, clock.now())
        answers.set_ref(connection, 2, "main", COMMIT, clock.now())
        return answers.ref(connection, 1, "main"), answers.ref(connection, 1, "v1")

    assert await database.write(work) == (Said(OTHER, clock.now()), None)


async def test_the_names_of_a_commit(database: Database, clock: HandClock) -> None:
    start = clock.now()

    def work(connection: Connection) -> dict[str, Any]:
        answers.set_ref(connection, 1, "main", COMMIT, clock.now())
        clock.forward(minutes=1)
        answers.set_ref(connection, 1, "refs/pr/3", COMMIT, clock.now())
        answers.set_ref(connection, 1, "old", OTHER, clock.now())
        answers.set_ref(connection, 2, "other", COMMIT, clock.now())
        return dict(answers.refs_at(connection, 1, COMMIT))

    assert await database.write(work) == {"main": start, "refs/pr/3": start + timedelta(minutes=1)}


async def test_documents_are_replaced(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[Said | None]:
        answers.set_document(connection, 1, "refs", {"branches": []}, clock.now())
        answers.set_document(connection, 1, "commits/x/0", [[{"id": "x"}], True], clock.now())
        clock.forward(minutes=1)
        answers.set_document(connection, 1, "refs", {"branches": [{"name": "main"}]}, clock.now())
        return [answers.document(connection, *key) for key in ((1, "refs"), (1, "commits/x/0"), (2, "refs"))]

    refs, commits, nothing = await database.write(work)
    assert refs == Said({"branches": [{"name": "main"}]}, clock.now())
    assert commits is not None
    assert (commits.value, nothing) == ([[{"id": "x"}], True], None)


async def test_descriptions_belong_to_a_revision(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[Any]:
        revision = shelve(connection, clock)[1].id
        before = answers.description(connection, revision)
        answers.set_description(connection, revision, {"id": "org/name", "likes": 1})
        answers.set_description(connection, revision, {"id": "org/name", "likes": 2, "name": "Zoë"})
        return [before, answers.description(connection, revision)]

    assert await database.write(work) == [None, {"id": "org/name", "likes": 2, "name": "Zoë"}]
