"""What follows from a client's wish: a worker takes the job at once, others hear of it, and it is on record."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import revisions
from steelyard.catalog.models import FileState
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads import store
from steelyard.downloads.growing import WANT_TOPIC
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.mirror.errors import WaitsForApproval
from steelyard.downloads.mirror.models import Named, Placed
from steelyard.downloads.mirror.orders import Orders
from steelyard.downloads.mirror.placing import Placing
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import Upstream
from steelyard.downloads.models import DownloadRequest, RequestStatus, Wanted
from steelyard.downloads.service import DownloadService
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import Access, Caller
from steelyard.identity.roles import Role
from steelyard.jobs import store as jobs
from steelyard.jobs.models import JobStatus
from steelyard.jobs.service import JOB_TOPIC
from steelyard.jobs.tables import jobs as job_rows
from steelyard.jobs.worker import Worker
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.sources.registry import Sources
from steelyard.storage.disk import DiskStorage
from steelyard.testing.clock import HandClock
from steelyard.usage.events import Event
from steelyard.usage.recorder import Recorder
from tests.unit.downloads.mirror.asked_hub import FILES, REPOSITORY, AskedHub
from tests.unit.downloads.mirrored import caller

MEMBER = Access(Role.MEMBER, account="bob", account_id=7)


class Noted:
    """A worker, a recorder and a download service in one, which only note what they are told."""

    def __init__(self, database: Database) -> None:
        self.taken: list[str] = []
        self.recorded: list[Event] = []
        self.made_ready: list[str] = []
        self._database = database

    def take(self, job_id: str) -> None:
        """As a worker."""
        self.taken.append(job_id)

    async def record(self, event: Event) -> None:
        """As a recorder."""
        self.recorded.append(event)

    async def make_ready(self, wanted: Wanted, _caller: Caller) -> None:
        """As a download service."""
        self.made_ready.append(wanted.repo)

    async def get(self, task_id: str) -> DownloadRequest:
        """As a download service."""
        return await self._database.read(lambda connection: store.require(connection, task_id))


class Counter:
    """Where clients' wishes are taken."""

    def __init__(self, tools: Tools, hub: AskedHub) -> None:
        settings = MirrorSettings.model_validate({})
        upstream = Upstream(Sources({"huggingface": hub}), tools.clock, settings)
        self.placing = Placing(tools.database, upstream, tools.clock, settings)
        self.noted, self.signals, self.tools = Noted(tools.database), Signals(), tools
        self.orders = Orders(
            tools, upstream, self.placing, cast("DownloadService", self.noted), cast("Worker", self.noted),
            cast("Recorder", self.noted), self.signals, timedelta(hours=24),
        )  # fmt: skip

    async def order(self, path: str = "model.safetensors", who: Caller | None = None) -> Placed:
        """Somebody wants a file of what the branch means now; returns what it meant when they asked."""
        placed = await self.placing.place(Named(REPOSITORY, "main"), who or caller())
        await self.orders.order(placed, await self.placing.file(placed, path), who or caller())
        return placed

    async def set_job(self, status: JobStatus, **values: object) -> None:
        """All jobs stand like this."""
        await self.tools.database.write(
            lambda connection: connection.execute(update(job_rows).values(status=status.value, **values))
        )


@pytest.fixture
async def counter(database: Database, clock: HandClock, tmp_path: Path) -> AsyncIterator[Counter]:
    """A hub with one repository, of which nothing is here."""
    hub = AskedHub()
    hub.hold(REPOSITORY.name, FILES)
    rules = DownloadSettings.model_validate({"approve_above_bytes": 4000})
    with ThreadPoolExecutor(1) as threads:
        storage = DiskStorage(tmp_path / "store")
        yield Counter(Tools(database, storage, threads, threads, PartLocks(), clock, rules, 0), hub)


async def test_the_worker_here_takes_the_job_at_once_and_all_hear_of_it(counter: Counter) -> None:
    with counter.signals.listen(JOB_TOPIC) as made, counter.signals.listen(WANT_TOPIC) as wanted:
        await counter.order()
        (job_id,) = counter.noted.taken
        assert [heard.key for heard in (await made.wait(1), await wanted.wait(1)) if heard] == [job_id] * 2
    assert counter.noted.made_ready == [REPOSITORY.name]  # it may lie in the trash


async def test_a_job_that_runs_is_told_of_the_wish_and_not_taken_again(counter: Counter) -> None:
    await counter.order()
    await counter.set_job(JobStatus.RUNNING)
    with counter.signals.listen(WANT_TOPIC) as wanted:
        await counter.order("config.json")
        heard = await wanted.wait(1)
    assert heard is not None
    assert [heard.key] == counter.noted.taken


async def test_what_was_ordered_is_on_record_for_a_while(counter: Counter, clock: HandClock) -> None:
    first = await counter.order()
    assert not counter.orders.is_recorded(first, caller())  # there was no entry to record it under
    second = await counter.order()
    assert counter.orders.is_recorded(second, caller())
    assert not counter.orders.is_recorded(second, caller("bob", 2))
    clock.forward(minutes=15)
    assert not counter.orders.is_recorded(second, caller())


async def test_what_must_wait_is_written_down_and_said(counter: Counter) -> None:
    bob = caller("bob", 2, MEMBER)
    with pytest.raises(WaitsForApproval) as caught:
        await counter.order(who=bob)
    assert caught.value.status == 403
    found = await counter.tools.database.read(lambda one: store.list_page(one, RequestFilter(), 9, 0)[1])
    assert [request.status for request in found] == [RequestStatus.AWAITING_APPROVAL]
    assert counter.noted.taken == []
    placed = await counter.placing.place(Named(REPOSITORY, "main"), bob)
    assert not counter.orders.is_recorded(placed, bob)


async def test_after_a_failure_a_client_is_not_made_to_sleep(counter: Counter, clock: HandClock) -> None:
    await counter.order()
    await counter.set_job(JobStatus.FAILED, finished_at=clock.now(), error_slug="x", error="wrong bytes")
    with pytest.raises(UpstreamUnavailable, match="wrong bytes") as caught:
        await counter.order()
    assert caught.value.retry_after is None


async def test_what_is_here_counts_at_once(counter: Counter, clock: HandClock) -> None:
    await counter.order("config.json")

    def finish(connection: Connection) -> None:
        (job_id,) = counter.noted.taken
        job = jobs.get(connection, job_id)
        assert job is not None
        assert job.subject is not None
        bring_all(connection, job.subject, job.revision or "", clock)

    await counter.tools.database.write(finish)
    await counter.set_job(JobStatus.SUCCEEDED, finished_at=clock.now())
    await counter.order("config.json", caller("bob", 2))
    (event,) = counter.noted.recorded
    assert (event.model, event.principal, event.bytes_out) == (REPOSITORY.name, 2, sum(map(len, FILES.values())))


def bring_all(connection: Connection, entry: int, commit: str, clock: HandClock) -> None:
    """Every file of the revision is here."""
    revision = revisions.find(connection, entry, commit)
    assert revision is not None
    revisions.mark_files(connection, revision.id, list(FILES), FileState.STORED)
    revisions.complete(connection, revision.id, None, clock.now())
