"""Requests in the database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from steelyard.core.ref import Reference
from steelyard.db.database import Database
from steelyard.downloads import counting, store
from steelyard.downloads.models import Ask, DownloadRequest, RequestStatus
from steelyard.downloads.store import RequestFilter
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.testing.clock import HandClock

REVISION = "a" * 40


def ask(name: str = "alice", number: int = 1, address: str = "10.0.0.1") -> Ask:
    caller = Caller(Principal(number, PrincipalKind.DECLARED, name, name), address, "agent")
    return Ask(Reference("org/name"), caller)


def insert(connection: Connection, clock: HandClock, asked: Ask, **more: Any) -> DownloadRequest:
    """One request as it stands after a second."""
    task_id = store.insert(
        connection, asked, "org/name", RequestStatus.PENDING, clock.now(), source="huggingface", **more
    )
    clock.forward(seconds=1)
    found = store.get(connection, task_id)
    assert found is not None
    return found


async def test_a_request_is_kept_as_it_was_asked(database: Database, clock: HandClock) -> None:
    request = await database.write(lambda connection: insert(connection, clock, ask(), job_id="job"))
    assert (request.username, request.vpn_ip, request.identified_by) == ("alice", "10.0.0.1", "declared")
    assert (request.kind, request.model, request.job_id, request.agent) == ("model", "org/name", "job", "agent")
    assert (request.artist, request.album, request.slskd_username, request.album_directory) == (None,) * 4
    assert request.status is RequestStatus.PENDING


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RequestFilter(), ["carol", "bob", "alice"]),
        (RequestFilter(username="bob"), ["bob"]),
        (RequestFilter(username="BOB"), []),
        (RequestFilter(vpn_ip="10.0.0.9"), ["carol"]),
        (RequestFilter(status=RequestStatus.PENDING), ["carol", "bob", "alice"]),
        (RequestFilter(status=RequestStatus.FAILED), []),
    ],
)
async def test_lists(database: Database, clock: HandClock, wanted: RequestFilter, found: list[str]) -> None:
    def work(connection: Connection) -> tuple[int, list[DownloadRequest]]:
        insert(connection, clock, ask("alice"))
        insert(connection, clock, ask("bob"))
        insert(connection, clock, ask("carol", address="10.0.0.9"))
        return store.list_page(connection, wanted, 10, 0)

    total, requests = await database.write(work)
    assert (total, [request.username for request in requests]) == (len(found), found)


async def test_since_is_included_and_until_is_not(database: Database, clock: HandClock) -> None:
    start = clock.now()

    def work(connection: Connection) -> tuple[list[str], list[str]]:
        for name in ("alice", "bob", "carol"):
            insert(connection, clock, ask(name))
        middle = start + timedelta(seconds=1)
        newer = store.list_page(connection, RequestFilter(since=middle), 10, 0)[1]
        older = store.list_page(connection, RequestFilter(until=middle), 10, 0)[1]
        return [one.username for one in newer], [one.username for one in older]

    assert await database.write(work) == (["carol", "bob"], ["alice"])


async def test_requests_follow_their_job_until_they_ended(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[tuple[str, RequestStatus, int]]:
        ended = insert(connection, clock, ask("alice"), job_id="job", file_count=3)
        insert(connection, clock, ask("bob"), job_id="job", file_count=3)
        insert(connection, clock, ask("carol"), job_id="other", file_count=3)
        counting.complete(connection, ended, REVISION, clock.now())
        store.begin_moving(connection, "job")
        store.count_files(connection, "job", 2)
        every = store.list_page(connection, RequestFilter(), 10, 0)[1]
        return [(one.username, one.status, one.completed_files) for one in reversed(every)]

    assert await database.write(work) == [
        ("alice", RequestStatus.COMPLETED, 3), ("bob", RequestStatus.DOWNLOADING, 2),
        ("carol", RequestStatus.PENDING, 0),
    ]  # fmt: skip


async def test_a_job_that_is_tried_again_opens_its_requests(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[DownloadRequest | None, DownloadRequest | None]:
        failed = insert(connection, clock, ask("alice"), job_id="job")
        gone = insert(connection, clock, ask("bob"), job_id="job")
        store.detach(connection, gone.task_id, clock.now())
        values = {"status": RequestStatus.FAILED.value, "error": "broken", "completed_at": clock.now()}
        store.update_open(connection, "job", **values)
        store.reopen(connection, "job")
        return store.get(connection, failed.task_id), store.get(connection, gone.task_id)

    failed, gone = await database.write(work)
    assert failed is not None
    assert (failed.status, failed.error, failed.completed_at) == (RequestStatus.PENDING, None, None)
    assert gone is not None
    assert (gone.status, gone.job_id) == (RequestStatus.CANCELLED, None)


async def test_askers_by_job(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> dict[str, list[str]]:
        for name, job in (("bob", "one"), ("alice", "one"), ("bob", "one"), ("carol", "two")):
            insert(connection, clock, ask(name), job_id=job)
        return store.askers(connection, ["one", "two", "three"])

    assert await database.write(work) == {"one": ["bob", "alice"], "two": ["carol"]}


@pytest.mark.parametrize(
    ("status", "is_found"),
    [
        (RequestStatus.PENDING, True),
        (RequestStatus.ENQUEUED, True),
        (RequestStatus.DOWNLOADING, True),
        (RequestStatus.COMPLETED, True),
        (RequestStatus.FAILED, False),
        (RequestStatus.CANCELLED, False),
        (RequestStatus.DENIED, False),
        (RequestStatus.AWAITING_APPROVAL, False),
    ],
)
async def test_the_request_that_a_pull_goes_on_with(
    database: Database, clock: HandClock, status: RequestStatus, is_found: bool
) -> None:
    def work(connection: Connection) -> DownloadRequest | None:
        request = insert(connection, clock, ask(), entry=7, revision=REVISION)
        store.change(connection, request.task_id, status=status.value)
        return store.latest_of(connection, 1, 7, REVISION, clock.now() - timedelta(hours=24))

    assert (await database.write(work) is not None) is is_found


async def test_it_is_the_last_one_of_that_person_for_that_revision(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[list[str], list[DownloadRequest | None]]:
        mine = [insert(connection, clock, ask(), entry=7, revision=REVISION).task_id for _ in range(2)]
        now, day = clock.now(), timedelta(hours=24)
        last = store.latest_of(connection, 1, 7, REVISION, now - day)
        others = [(2, 7, REVISION, now - day), (1, 8, REVISION, now - day), (1, 7, "b" * 40, now - day)]
        nothing = [store.latest_of(connection, *one) for one in [*others, (1, 7, REVISION, now)]]
        return [mine[1], last.task_id if last else ""], nothing

    ids, nothing = await database.write(work)
    assert (ids[0], nothing) == (ids[1], [None] * 4)
