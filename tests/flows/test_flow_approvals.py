"""Requests that wait for an administrator: why, what is decided, and what becomes of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from steelyard.downloads.approvals.service import AlreadyDecided
from steelyard.downloads.errors import RequestMissing
from steelyard.downloads.quotas.models import Quota
from steelyard.downloads.waiting import ApprovalState
from steelyard.identity.audit.models import AuditFilter
from steelyard.stream import Stream
from steelyard.testing.hub import StandInHub
from tests.flows.house import eventually, open_house
from tests.flows.quota import BOB, SIZE, approvals, caller, limit, pull, quotas, standing, three_models
from tests.flows.town import Town

PICKLE = b"\x80\x04K\x01."  # a number


@asynccontextmanager
async def open_town(hub: StandInHub, home: Path, *, settled: bool = False, **options: Any) -> AsyncIterator[Town]:
    """A depot where access is required."""
    async with open_house(hub, home, server__auth="required", **options) as house:
        town = Town(house)
        if not settled:
            await town.settle()
        yield town


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with a model that is too large for bob."""
    hub.add("org/one", {"model.safetensors": b"x" * SIZE})
    async with open_town(hub, home) as town:
        await limit(town, BOB, held_bytes=SIZE - 1)
        yield town


async def request_of(town: Town, task_id: str) -> dict[str, Any]:
    """A request as its asker reads it."""
    status, request = await town.ask("bob", "GET", f"/api/v1/downloads/request/{task_id}")
    assert status == 200, request
    return request


async def waiting(town: Town) -> list[str]:
    """The tasks that wait."""
    return [case.request.task_id for case in (await approvals(town).list_page(ApprovalState.WAITING, 10, 0))[1]]


async def until(town: Town, task_id: str, status: str) -> dict[str, Any]:
    """A request once it stands so."""

    async def there() -> bool:
        found: str = (await request_of(town, task_id))["status"]
        return found == status

    await eventually(there, f"request {task_id} is {status}")
    return await request_of(town, task_id)


async def test_what_is_approved_goes_on_as_if_it_was_asked_now(town: Town) -> None:
    task = (await pull(town, "bob", "org/one", priority="high"))["task_id"]
    case = (await approvals(town).list_page(ApprovalState.WAITING, 10, 0))[1][0]
    assert (case.request.username, case.approval.size, case.approval.model) == ("bob", SIZE, "org/one")
    assert case.approval.reasons == ("would hold 100000 bytes of your 99999",)
    _, answer = await approvals(town).approve(await caller(town, "root"), task, "fine")
    assert answer.job_id is not None
    done = await until(town, task, "completed")
    assert (done["job_id"], done["error"], done["total_size"]) == (answer.job_id, None, SIZE)
    job = await town.house.job(answer.job_id)
    assert (job.requested_by, job.priority.word) == ("bob", "high")
    _, model = await town.ask("bob", "GET", "/api/models/org/one")
    assert (model["owner"], model["downloaded_by"], model["stats"]["download_count"]) == ("bob", "bob", 1)
    assert (await standing(town, "bob")).use.held_bytes == SIZE
    assert await waiting(town) == []


async def test_what_is_denied_ends_with_the_reason_and_can_be_asked_for_again(town: Town) -> None:
    task = (await pull(town, "bob", "org/one"))["task_id"]
    await approvals(town).deny(await caller(town, "root"), task, "We have a smaller one.")
    request = await request_of(town, task)
    assert (request["status"], request["error"]) == ("denied", "We have a smaller one.")
    assert request["completed_at"] is not None
    assert (await standing(town, "bob")).use.period_requests == 0
    assert (await pull(town, "bob", "org/one"))["task_id"] != task


async def test_it_is_decided_once_and_written_down(town: Town) -> None:
    root, service = await caller(town, "root"), approvals(town)
    first = (await pull(town, "bob", "org/one"))["task_id"]
    await service.deny(root, first, "no")
    for decide in (service.approve(root, first), service.deny(root, first, "no again")):
        with pytest.raises(AlreadyDecided):
            await decide
    with pytest.raises(RequestMissing):
        await service.approve(root, "nothing")
    second = (await pull(town, "bob", "org/one"))["task_id"]
    await service.approve(root, second, "yes")
    _, lines = await town.house.depot.society.audit.list_page(AuditFilter(action="request."), 10, 0)
    assert [(line.deed.action, line.deed.subject, (line.deed.after or {})["reason"]) for line in lines] == [
        ("request.approve", f"request {second} (org/one)", "yes"), ("request.deny", f"request {first} (org/one)", "no"),
    ]  # fmt: skip


async def test_a_request_is_called_off_while_it_waits(town: Town) -> None:
    task = (await pull(town, "bob", "org/one"))["task_id"]
    assert (await town.ask("alice", "POST", f"/api/v1/downloads/request/{task}/cancel"))[0] == 403
    assert (await town.ask("bob", "POST", f"/api/v1/downloads/request/{task}/cancel"))[0] == 200
    assert (await request_of(town, task))["status"] == "cancelled"
    assert await waiting(town) == []
    with pytest.raises(AlreadyDecided):
        await approvals(town).approve(await caller(town, "root"), task)


async def test_what_somebody_else_brings_completes_those_who_wait(town: Town) -> None:
    all_of_it = (await pull(town, "bob", "org/one"))["task_id"]
    some = (await pull(town, "bob", "org/one", include=["*.safetensors"]))["task_id"]
    await town.house.ended((await pull(town, "alice", "org/one"))["job_id"])
    for task in (all_of_it, some):
        request = await until(town, task, "completed")
        assert (request["error"], request["total_size"]) == (None, SIZE)
    assert (await approvals(town).list_page(ApprovalState.OVERTAKEN, 10, 0))[0] == 2
    assert (await standing(town, "bob")).use.held_bytes == 0
    _, model = await town.ask("bob", "GET", "/api/models/org/one")
    assert model["stats"]["download_count"] == 3


async def test_a_restart_forgets_nobody_who_waits(hub: StandInHub, home: Path) -> None:
    hub.add("org/one", {"model.safetensors": b"x" * SIZE})
    async with open_town(hub, home) as town:
        await limit(town, BOB, held_bytes=0)
        task, tokens = (await pull(town, "bob", "org/one"))["task_id"], town.tokens
    async with open_town(hub, home, settled=True) as town:
        town.tokens = tokens
        assert await waiting(town) == [task]
        await approvals(town).approve(await caller(town, "root"), task)
        await until(town, task, "completed")


async def test_pickles_and_large_models_wait_by_the_settings(hub: StandInHub, home: Path) -> None:
    hub.add("org/pickled", {"pytorch_model.bin": PICKLE, "config.json": b"{}"})
    hub.add("org/both", {"pytorch_model.bin": PICKLE, "model.safetensors": b"x" * 10})
    hub.add("org/large", {"model.safetensors": b"x" * SIZE})
    async with open_town(hub, home, downloads__approve_above_bytes="50kB") as town:
        assert (await pull(town, "bob", "org/pickled"))["reasons"] == ["its weights are nothing but pickle files"]
        assert (await pull(town, "bob", "org/large"))["reasons"] == ["is larger than 50.0 kB (100 kB)"]
        assert (await pull(town, "bob", "org/both"))["reasons"] == []
        assert (await pull(town, "root", "org/large"))["reasons"] == []


async def test_a_model_comes_out_of_the_trash_only_when_its_request_is_approved(town: Town) -> None:
    await town.house.ended((await pull(town, "root", "org/one"))["job_id"])
    await limit(town, BOB, period_requests=0)
    assert (await town.ask("root", "DELETE", "/api/models/org/one"))[0] == 200
    task = (await pull(town, "bob", "org/one"))["task_id"]
    assert (await town.ask("bob", "GET", "/api/models/org/one"))[0] == 404
    await approvals(town).approve(await caller(town, "root"), task)
    assert (await request_of(town, task))["status"] == "completed"
    assert (await town.ask("bob", "GET", "/api/models/org/one"))[1]["status"] == "ready"


async def test_a_job_that_finds_out_that_it_is_too_large_ends_before_a_byte_moves(hub: StandInHub, home: Path) -> None:
    hub.add("org/one", {"model.safetensors": b"x" * SIZE})
    async with open_town(hub, home, downloads__resolve_seconds=0.5) as town:
        await limit(town, BOB, held_bytes=SIZE - 1)
        hub.faults.delay("api:org/one/tree", 2.0)
        answer = await pull(town, "bob", "org/one")
        assert answer["job_id"] is not None
        job = await town.house.ended(answer["job_id"])
        assert (job.status.value, job.fault and job.fault.slug) == ("cancelled", "awaiting-approval")
        assert job.progress.downloaded_bytes == 0
        assert town.house.parts() == 0
        request = await request_of(town, answer["task_id"])
        assert (request["status"], request["job_id"]) == ("awaiting_approval", None)
        assert request["error"] == "Waits for an administrator: would hold 100000 bytes of your 99999."
        await retry_in_vain(town, answer["job_id"])
        assert (await pull(town, "bob", "org/one"))["task_id"] == answer["task_id"]
        await approvals(town).approve(await caller(town, "root"), answer["task_id"])
        await until(town, answer["task_id"], "completed")
        await drained(hub)


async def retry_in_vain(town: Town, job_id: str) -> None:
    """Whoever tries the job again by itself gets no further."""
    if (await town.ask("bob", "POST", f"/jobs/{job_id}/retry"))[0] == 200:
        job = await town.house.ended(job_id)
        assert (job.status.value, job.fault and job.fault.slug) == ("cancelled", "awaiting-approval")
        assert (await standing(town, "bob")).use.held_bytes == 0


async def test_a_job_goes_on_for_whoever_of_its_askers_may_bring_it(hub: StandInHub, home: Path) -> None:
    hub.add("org/one", {"model.safetensors": b"x" * SIZE})
    async with open_town(hub, home, downloads__resolve_seconds=0.5) as town:
        await limit(town, BOB, held_bytes=1)
        hub.faults.delay("api:org/one/tree", 3.0, times=3)
        first, second = await pull(town, "bob", "org/one"), await pull(town, "alice", "org/one")
        assert first["job_id"] == second["job_id"]
        assert (await town.house.ended(first["job_id"])).status.value == "succeeded"
        assert (await request_of(town, first["task_id"]))["status"] == "completed"
        bobs, alices = await standing(town, "bob"), await standing(town, "alice")
        assert (bobs.use.held_bytes, alices.use.held_bytes) == (0, SIZE)
        await drained(hub)


async def test_of_two_jobs_that_learn_their_size_at_once_one_is_held(hub: StandInHub, home: Path) -> None:
    three_models(hub)
    async with open_town(hub, home, downloads__resolve_seconds=0.5) as town:
        await limit(town, BOB, held_bytes=SIZE)
        for name in ("one", "two"):
            hub.faults.delay(f"api:org/{name}/tree", 2.0, times=2)
        answers = [await pull(town, "bob", f"org/{name}") for name in ("one", "two")]
        jobs = [await town.house.ended(answer["job_id"]) for answer in answers]
        assert sorted(job.status.value for job in jobs) == ["cancelled", "succeeded"]
        assert len(await waiting(town)) == 1
        assert (await standing(town, "bob")).use.held_bytes == SIZE
        await drained(hub)


async def drained(hub: StandInHub) -> None:
    """Return once the hub has answered what nobody waits for any more."""

    async def answered() -> bool:
        return all(one.status for one in hub.ledger.requests(call="tree"))

    await eventually(answered, "every list of files was answered")


async def test_the_stream_tells_of_waiting_and_of_the_decision(town: Town) -> None:
    depot = town.house.depot
    stream = Stream(depot.signals, depot.jobs, depot.desk, depot.catalog, depot.downloads)
    events = stream.events(await caller(town, "bob"), None, silence=5.0, pause=0.01)
    await anext(events)
    task = (await pull(town, "bob", "org/one"))["task_id"]
    assert '"awaiting_approval"' in await heard(events, task)
    await approvals(town).deny(await caller(town, "root"), task, "no")
    assert '"denied"' in await heard(events, task)
    await events.aclose()  # type: ignore[attr-defined]


async def heard(events: AsyncIterator[str], task_id: str) -> str:
    """The next event about a request."""
    async for text in events:
        if "event: request" in text and task_id in text:
            return text
    raise AssertionError("the stream ended")


async def test_the_downloads_page_says_why_it_waits(town: Town) -> None:
    task = (await pull(town, "bob", "org/one"))["task_id"]
    headers = {"Authorization": f"Bearer {town.tokens['bob']}", "Accept": "text/html"}
    page = (await town.house.http.get("/downloads", headers=headers)).text
    assert "Waits for an administrator: would hold 100000 bytes of your 99999." in page
    assert f"steelyard approvals approve {task}" in page
    assert "awaiting approval" in page


async def test_a_quota_that_grew_lets_the_next_request_through(town: Town) -> None:
    waits = (await pull(town, "bob", "org/one"))["task_id"]
    await quotas(town).set(await caller(town, "root"), BOB, Quota(held_bytes=SIZE))
    answer = await pull(town, "bob", "org/one")
    assert answer["task_id"] != waits
    await until(town, waits, "completed")
