"""What the tables tell about a download is what happened: states, counts, times, and who it was for."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from steelyard.catalog import store as catalog
from steelyard.catalog.models import EntryName
from steelyard.core.ref import Kind, Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads import counting
from steelyard.downloads import store as requests
from steelyard.downloads.kind import DownloadKind
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.meter import Meter
from steelyard.downloads.models import Ask, RequestStatus
from steelyard.downloads.tools import Tools
from steelyard.http import sse
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, JobStatus, NewJob, Progress
from steelyard.jobs.routes import job_events
from steelyard.jobs.service import JOB_TOPIC
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.testing.clock import HandClock
from steelyard.testing.hub import Blob, Content, StandInHub
from steelyard.testing.jobs import JobYard, wait_for_ever
from tests.flows.house import PATIENCE, House, eventually, slug

MODEL = "org/name"
LARGE = "model.safetensors"
WEIGHTS = Blob(2_000_000, 31)
ONE_FILE: dict[str, Content] = {LARGE: WEIGHTS}
_DOWNLOADS = text(
    "SELECT COUNT(*) FROM (SELECT type FROM usage_hot UNION ALL SELECT type FROM usage_log) AS happened"
    " JOIN usage_words ON usage_words.id = happened.type"
    " WHERE usage_words.text = 'model_download'"
)
SMALL: dict[str, Content] = {"config.json": b"{}"}


async def test_a_request_is_downloading_while_its_only_file_comes(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, ONE_FILE)
    hub.faults.stall(f"{MODEL}/{LARGE}", 1_500_000, seconds=300)
    answer = await house.pull(MODEL)
    await house.moving(answer["job_id"])
    record = await house.get(f"/api/v1/downloads/request/{answer['task_id']}")
    assert (record["status"], record["completed_files"], record["file_count"]) == ("downloading", 0, 1)
    await house.post(f"/jobs/{answer['job_id']}/cancel")


async def test_a_running_job_says_what_troubles_it_until_bytes_move_again(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, ONE_FILE)
    hub.faults.status(f"{MODEL}/{LARGE}", 503, headers={"Retry-After": "2"})
    hub.faults.stall(f"{MODEL}/{LARGE}", 1_500_000, seconds=300)
    job_id = (await house.pull(MODEL))["job_id"]

    async def told() -> bool:
        return (await house.job(job_id)).fault is not None

    await eventually(told, "the job says what troubles it")
    shown = await house.get(f"/jobs/{job_id}")
    assert (shown["status"], shown["attempt"]) == ("running", 1)
    assert "503" in shown["error"]
    assert shown["hint"]
    await house.moving(job_id)
    job = await house.job(job_id)
    assert (job.status, job.attempt, job.fault) == (JobStatus.RUNNING, 1, None)
    await house.post(f"/jobs/{job_id}/cancel")


async def test_the_speed_of_a_silent_job_falls_to_nothing(database: Database, clock: HandClock) -> None:
    yard, meter, silent = JobYard(database, clock), Meter(clock, 100_000), asyncio.Event()

    async def body(context: JobContext) -> None:
        context.follow(meter.read)
        clock.forward(seconds=1)
        meter.moved(50_000, LARGE)
        silent.set()
        await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await silent.wait()
        await yard.worker.beat()
        assert (await yard.service.get(job_id)).progress.bytes_per_second == 50_000
        for _ in range(8):
            clock.forward(seconds=1)
            await yard.worker.beat()
        assert (await yard.service.get(job_id)).progress == Progress(50_000, 100_000, 0.0, LARGE)


async def test_a_try_that_got_further_begins_a_new_row_of_failures(database: Database, clock: HandClock) -> None:
    yard, tries = JobYard(database, clock), 0

    async def body(context: JobContext) -> None:
        nonlocal tries
        tries += 1
        got = min(tries, 5)  # from the sixth try on nothing comes any more
        context.follow(lambda: Progress(got, 10))
        raise UpstreamUnavailable("away")

    yard.kind.body = body
    failures = []
    async with yard.working():
        job_id = await yard.add("a")
        for number in range(1, 8):
            await yard.settles(2 * number)
            failures.append((await yard.service.get(job_id)).failures)
            clock.forward(hours=1)
            await yard.worker.sweep()
        job = await yard.service.get(job_id)
    assert failures == [1, 1, 1, 1, 1, 2, 2]  # the third in a row is the end, and is written as a failed job
    assert job.status is JobStatus.FAILED


async def test_a_shelf_hit_while_the_job_ends_counts_once(house: House) -> None:
    job, hit, waiting, before = await house.depot.database.write(lambda connection: _half_settled(connection, house))
    depot, (threads, quick, *_) = house.depot, house.depot.threads
    settings = depot.settings.downloads
    tools = Tools(depot.database, depot.storage, threads, quick, PartLocks(), depot.clock, settings, 0)
    kind = DownloadKind(tools, depot.sources, depot.recorder, depot.signals)

    def settle(connection: Connection) -> tuple[int, list[tuple[str, RequestStatus]]]:
        kind.settle(connection, job)
        entry = catalog.find(connection, EntryName("huggingface", Kind.MODEL, MODEL))
        assert entry is not None
        return entry.download_count, [(one.task_id, one.status) for one in requests.of_job(connection, job.id)]

    count, rows = await house.depot.database.write(settle)
    assert before == 1
    assert count == 2
    assert rows == [(waiting, RequestStatus.COMPLETED), (hit, RequestStatus.COMPLETED)]
    await kind.after(job)  # the hit has told the usage log of itself
    told = await house.depot.usage_log.read(lambda connection: connection.execute(_DOWNLOADS).scalar_one())
    assert told == 1


def _half_settled(connection: Connection, house: House) -> tuple[Job, str, str, int]:
    """A job that succeeds this moment, one request that waits on it, and one that found everything here just before."""
    now = house.depot.clock.now()
    entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, MODEL), "alice", now)
    new = NewJob("download", "key", {}, model=MODEL, revision="a" * 40, subject=entry.id)
    job = jobs.insert(connection, new, now)
    ids = [
        requests.insert(
            connection,
            _ask(name, number),
            MODEL,
            RequestStatus.PENDING,
            now,
            source="huggingface",
            entry=entry.id,
            job_id=job.id,
        )
        for number, name in enumerate(("alice", "bob"), start=1)
    ]
    is_use = counting.complete(connection, requests.require(connection, ids[1]), "a" * 40, now)
    catalog.count_download(connection, entry.id, now, is_use=is_use)
    held = jobs.claim(connection, job.id, "test", now, timedelta(seconds=10))
    assert held is not None
    ended = jobs.finish(connection, held.claim, JobStatus.SUCCEEDED, now + timedelta(seconds=1), Progress(), None)
    assert ended is not None
    found = catalog.find(connection, entry.name)
    assert found is not None
    return ended, ids[1], ids[0], found.download_count


def _ask(name: str, number: int) -> Ask:
    return Ask(Reference(MODEL), Caller(Principal(number, PrincipalKind.DECLARED, name, name), "10.0.0.1", "test"))


async def test_heartbeats_come_while_another_job_is_busy(database: Database, clock: HandClock) -> None:
    yard = JobYard(database, clock)
    job_id = await yard.add("paused", offer=False)
    await yard.service.pause(job_id)
    chatter = asyncio.create_task(_chatter(yard.signals))
    events = job_events(yard.service, yard.signals, job_id, silence=0.05)
    try:
        async with asyncio.timeout(PATIENCE):
            assert "event: job" in await anext(events)
            assert [await anext(events) for _ in range(3)] == [sse.HEARTBEAT] * 3
            await yard.service.cancel(job_id)
            rest = [event async for event in events if event != sse.HEARTBEAT]
        assert ['"cancelled"' in event for event in rest] == [True]
    finally:
        chatter.cancel()


async def _chatter(signals: Signals) -> None:
    while True:
        signals.publish(JOB_TOPIC, "another")
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("bound", ["since", "until"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_times_that_no_calendar_has_are_refused(house: House, bound: str, moment: str) -> None:
    problem = await house.get("/api/v1/downloads/history", 422, **{bound: moment})
    assert slug(problem) == "invalid"


async def test_the_ends_of_the_calendar_are_fine(house: House) -> None:
    ends = {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59"}
    assert (await house.get("/api/v1/downloads/history", 200, **ends))["count"] == 0


async def test_a_hit_after_its_job_was_forgotten_names_no_job(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, SMALL)
    job = await house.bring(MODEL)
    assert (await house.pull(MODEL, expect=200))["job_id"] == job.id
    await house.http.delete(f"/jobs/{job.id}")
    answer = await house.pull(MODEL, expect=200)
    assert (answer["job_id"], answer["status"]) == (None, "succeeded")
    assert (await house.get(f"/api/v1/downloads/request/{answer['task_id']}"))["job_id"] is None


async def test_a_pull_by_catalog_id_counts_for_the_model(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, SMALL)
    await house.bring(MODEL)
    shown = await house.get(f"/api/models/{MODEL}")
    before = (await house.get(f"/api/models/{MODEL}/stats"))["total_requests"]
    assert (await house.pull(shown["id"], expect=200))["model"] == MODEL
    after = (await house.get(f"/api/models/{MODEL}/stats"))["total_requests"]
    assert after == before + 2  # the look at the numbers, and the pull
