"""One request for each person and revision within a window, on a job that brings file by file."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import partial, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import File, FileState
from steelyard.core.ref import Kind, Reference
from steelyard.db.database import Database
from steelyard.downloads import answers, store, waiting, wants
from steelyard.downloads.errors import CoolingDown
from steelyard.downloads.following import settle_requests, settle_wants
from steelyard.downloads.mirror.pulling import Pull, Pulled, pull
from steelyard.downloads.models import Ask, DownloadRequest, Found, RequestStatus
from steelyard.downloads.payload import dedupe_key, from_payload
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.store import RequestFilter
from steelyard.identity.principal import Access, Caller
from steelyard.identity.roles import Role
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus
from steelyard.jobs.tables import jobs as job_rows
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirrored import COMMIT, NAME, WANTED, caller, file, shelve

T = TypeVar("T")
WINDOW = timedelta(hours=24)
KEY = dedupe_key(WANTED)
LARGE, OTHER = file("model.safetensors", 3_000_000), file("other.safetensors", 2_000_000)
CONFIG, TOKENIZER = file("config.json", 100), file("tokenizer.json", 1024 * 1024)
LISTED = [CONFIG, LARGE, OTHER, TOKENIZER]
MEMBER = Access(Role.MEMBER, account="bob", account_id=7)
LIMITED = {"approve_above_bytes": 2_500_000}


class Door:
    """Clients ask here, one after the other."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self._database = database
        self._clock = clock

    async def ask(
        self, wanted: File = LARGE, who: Caller | None = None, *, listed: Sequence[File] = LISTED, gated: bool = False,
        names: Sequence[str] = (), rules: dict[str, int] | None = None,
    ) -> Pulled:  # fmt: skip
        """A client asks for one file, as its row stands now."""
        settings = DownloadSettings.model_validate(rules or {})

        def work(connection: Connection) -> Pulled:
            rows = {one.path: one for one in files_here(connection)}
            now = [rows.get(one.path, one) for one in listed]
            asked = Pull(
                Ask(Reference(NAME.repo, Kind.MODEL), who or caller()), Found(WANTED, gated),
                rows.get(wanted.path, wanted), now, names, {"id": NAME.repo, "likes": 7},
            )  # fmt: skip
            return pull(connection, asked, self._clock.now(), settings, WINDOW)

        found = await self._database.write(work)
        self._clock.forward(seconds=1)
        return found

    async def ends(self, job: Job | None, status: JobStatus, *here: File) -> None:
        """The job ends, and these files are here."""
        assert job is not None
        job_id = job.id

        def work(connection: Connection) -> None:
            found = jobs.get(connection, job_id)
            assert found is not None
            assert found.subject is not None
            revision = revisions.ensure(connection, found.subject, COMMIT, self._clock.now())
            revisions.mark_files(connection, revision.id, [one.path for one in here], FileState.STORED)
            if status is JobStatus.SUCCEEDED:
                revisions.complete(connection, revision.id, job_id, self._clock.now())
            values = {"status": status.value, "finished_at": self._clock.now()}
            connection.execute(update(job_rows).where(job_rows.c.id == job_id).values(**values))
            ended = jobs.get(connection, job_id)
            assert ended is not None
            settle_requests(connection, ended, self._clock.now())
            settle_wants(connection, ended)

        await self._database.write(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Look."""
        return await self._database.read(work)

    async def requests(self) -> list[DownloadRequest]:
        """All of them, the oldest first."""
        found = await self.read(lambda connection: store.list_page(connection, RequestFilter(), 99, 0))
        return found[1][::-1]

    async def wishes(self) -> list[str]:
        """What the job is to bring."""
        return sorted(await self.read(lambda connection: wants.paths(connection, KEY)))


def files_here(connection: Connection) -> list[File]:
    """The files of the revision as they stand in the table."""
    entry = catalog.find(connection, NAME)
    revision = revisions.find(connection, entry.id, COMMIT) if entry else None
    return revisions.list_files(connection, revision.id) if revision else []


@pytest.fixture
def door(database: Database, clock: HandClock) -> Door:
    """Nobody has asked yet."""
    return Door(database, clock)


def told(pulled: Pulled) -> Job:
    assert pulled.job is not None
    return pulled.job


async def test_the_first_file_makes_a_request_and_a_job(door: Door) -> None:
    pulled = await door.ask()
    job = told(pulled)
    assert (pulled.is_new, pulled.is_done, pulled.reasons) == (True, False, ())
    assert (job.status, job.dedupe_key, job.revision, from_payload(job.payload)) == (
        JobStatus.QUEUED, KEY, COMMIT, WANTED,
    )  # fmt: skip
    (request,) = await door.requests()
    assert (request.task_id, request.job_id, request.username) == (pulled.task_id, job.id, "alice")
    assert (request.status, request.revision, request.total_size) == (RequestStatus.PENDING, COMMIT, LARGE.size)


async def test_further_files_of_the_same_pull_are_wanted_as_well(door: Door) -> None:
    first, second = await door.ask(), await door.ask(OTHER)
    assert told(second).id == told(first).id
    assert (second.is_new, len(await door.requests())) == (False, 1)
    assert await door.wishes() == sorted(one.path for one in LISTED)


async def test_the_small_files_come_along(door: Door) -> None:
    await door.ask()
    assert await door.wishes() == ["config.json", "model.safetensors", "tokenizer.json"]


async def test_not_so_many_of_them_that_it_would_be_the_whole(door: Door) -> None:
    many = [file(f"{number:03}.json", 10) for number in range(100)]
    barely = file("barely.bin", 1024 * 1024 + 1)
    await door.ask(LARGE, listed=[LARGE, barely, *many])
    assert await door.wishes() == [*(one.path for one in many[:64]), LARGE.path]


async def test_somebody_else_joins_with_a_request_of_their_own(door: Door) -> None:
    first, second = await door.ask(), await door.ask(who=caller("bob", 2))
    assert (told(second).id, second.is_new) == (told(first).id, False)
    assert [request.username for request in await door.requests()] == ["alice", "bob"]


async def test_a_pull_that_goes_on_is_the_same_request_and_one_download(door: Door, clock: HandClock) -> None:
    first = await door.ask(CONFIG)
    await door.ends(first.job, JobStatus.SUCCEEDED, CONFIG, TOKENIZER)
    clock.forward(minutes=3)
    second = await door.ask(LARGE)
    assert told(second).id != told(first).id
    assert (second.is_new, second.task_id) == (True, first.task_id)
    (request,) = await door.requests()
    assert (request.status, request.job_id, request.completed_at) == (RequestStatus.PENDING, told(second).id, None)
    await door.ends(second.job, JobStatus.SUCCEEDED, LARGE)
    (request,) = await door.requests()
    assert request.status is RequestStatus.COMPLETED
    entry = await door.read(lambda connection: catalog.find(connection, NAME))
    assert entry is not None
    assert (entry.download_count, entry.uses) == (1, 1)


async def test_what_is_here_and_recorded_is_served_without_more_ado(door: Door) -> None:
    first = await door.ask(CONFIG)
    await door.ends(first.job, JobStatus.SUCCEEDED, CONFIG, TOKENIZER)
    again = await door.ask(TOKENIZER)
    assert (again.job, again.task_id, len(await door.requests())) == (None, None, 1)


async def test_behind_the_window_it_is_another_download(door: Door, clock: HandClock) -> None:
    first = await door.ask(CONFIG)
    await door.ends(first.job, JobStatus.SUCCEEDED, CONFIG, TOKENIZER)
    clock.forward(hours=25)
    again = await door.ask(TOKENIZER)
    assert (again.job, again.is_done) == (None, True)
    second = (await door.requests())[1]
    assert (second.task_id, second.status) == (again.task_id, RequestStatus.COMPLETED)
    assert (second.file_count, second.completed_files, second.total_size) == (2, 2, CONFIG.size + TOKENIZER.size)
    entry = await door.read(lambda connection: catalog.find(connection, NAME))
    assert entry is not None
    assert (entry.download_count, entry.uses) == (2, 2)


async def test_a_warm_pull_by_somebody_else_is_a_download_of_their_own(door: Door) -> None:
    first = await door.ask(CONFIG)
    await door.ends(first.job, JobStatus.SUCCEEDED, CONFIG, TOKENIZER)
    warm = await door.ask(CONFIG, caller("bob", 2))
    assert (warm.job, warm.is_done) == (None, True)
    assert [request.username for request in await door.requests()] == ["alice", "bob"]


async def test_a_file_that_is_here_joins_the_job_that_brings_others(door: Door) -> None:
    first = await door.ask(CONFIG)
    await door.ends(first.job, JobStatus.SUCCEEDED, CONFIG, TOKENIZER)
    second = await door.ask(LARGE)
    warm = await door.ask(CONFIG, caller("bob", 2))
    assert (told(warm).id, warm.is_done) == (told(second).id, False)


async def test_a_file_that_is_here_brings_nothing_that_once_was_wanted(door: Door) -> None:
    first = await door.ask(CONFIG)
    await door.ask(LARGE)
    await door.ends(first.job, JobStatus.FAILED, CONFIG, TOKENIZER)
    assert LARGE.path in await door.wishes()
    pulled = await door.ask(CONFIG, caller("bob", 2))
    assert LARGE.path not in await door.wishes()
    assert (pulled.job, pulled.is_done) == (None, True)


async def test_a_failed_job_is_not_begun_again_at_once(door: Door, clock: HandClock) -> None:
    first = await door.ask()
    await door.ends(first.job, JobStatus.FAILED)
    with pytest.raises(CoolingDown):
        await door.ask(OTHER)
    clock.forward(seconds=60)
    second = await door.ask(OTHER)
    assert second.is_new
    assert LARGE.path not in await door.wishes()  # whoever wants it asks again


async def test_a_cancelled_job_leaves_no_wishes(door: Door) -> None:
    first = await door.ask()
    await door.ends(first.job, JobStatus.CANCELLED)
    assert await door.wishes() == []


async def test_what_must_wait_is_on_record_and_no_job_begins(door: Door) -> None:
    pulled = await door.ask(who=caller("bob", 2, MEMBER), rules=LIMITED)
    assert (pulled.job, len(pulled.reasons)) == (None, 1)
    (request,) = await door.requests()
    assert (request.status, request.task_id) == (RequestStatus.AWAITING_APPROVAL, pulled.task_id)
    assert await door.read(lambda connection: jobs.find_live(connection, KEY)) is None
    again = await door.ask(who=caller("bob", 2, MEMBER), rules=LIMITED)
    assert (again.task_id, len(await door.requests())) == (pulled.task_id, 1)


async def test_each_file_is_weighed_by_itself(door: Door) -> None:
    bob = caller("bob", 2, MEMBER)
    small = await door.ask(CONFIG, bob, rules=LIMITED)
    assert (small.is_new, small.reasons) == (True, ())
    large = await door.ask(LARGE, bob, rules=LIMITED)
    assert len(large.reasons) == 1
    assert LARGE.path not in await door.wishes()  # the job that runs must not bring it all the same
    (approval,) = await door.read(lambda connection: waiting.for_model(connection, str(NAME)))
    assert approval.principal == 2


async def test_pickles_beside_safe_weights_wait_for_nobody(door: Door) -> None:
    bob, pickle = caller("bob", 2, MEMBER), file("pytorch_model.bin", 2_000_000)
    alone = await door.ask(pickle, bob, listed=[CONFIG, pickle])
    assert len(alone.reasons) == 1
    beside = await door.ask(pickle, caller("eve", 3, MEMBER), listed=[*LISTED, pickle])
    assert beside.reasons == ()


async def test_a_gated_repository_waits_for_an_administrator(door: Door) -> None:
    assert (await door.ask(CONFIG, caller("bob", 2, MEMBER), gated=True)).reasons
    assert not (await door.ask(CONFIG, gated=True)).reasons


async def test_the_job_need_not_ask_what_the_hub_has_just_told(door: Door, clock: HandClock) -> None:
    pulled = await door.ask(names=["main", "v1"])
    key = told(pulled).subject
    assert key is not None
    at = clock.now() - timedelta(seconds=1)

    def look(connection: Connection) -> tuple[list[File], object, object]:
        revision = revisions.find(connection, key, COMMIT)
        assert revision is not None
        description = answers.description(connection, revision.id)
        return revisions.list_files(connection, revision.id), description, answers.refs_at(connection, key, COMMIT)

    assert await door.read(look) == (LISTED, {"id": NAME.repo, "likes": 7}, {"main": at, "v1": at})


async def test_a_newer_word_about_a_branch_is_not_overwritten(door: Door, database: Database, clock: HandClock) -> None:
    pulled = await door.ask()
    key = told(pulled).subject
    assert key is not None
    await database.write(lambda connection: answers.set_ref(connection, key, "main", "b" * 40, clock.now()))
    await door.ask(OTHER, names=["main"])
    said = await door.read(lambda connection: answers.ref(connection, key, "main"))
    assert said is not None
    assert said.value == "b" * 40


async def test_of_what_an_import_found_in_part_the_whole_list_is_kept(
    door: Door, database: Database, clock: HandClock
) -> None:
    def work(connection: Connection) -> int:
        entry, revision = shelve(connection, clock)
        partial.add_found(connection, revision, [replace(CONFIG, state=FileState.LISTED)], whole=False)
        return entry.id

    key = await database.write(work)
    await door.ask()
    revision = await door.read(lambda connection: revisions.find(connection, key, COMMIT))
    assert revision is not None
    assert not revision.files_partial
    assert await door.read(lambda connection: revisions.list_files(connection, revision.id)) == LISTED
