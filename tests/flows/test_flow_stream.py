"""A job watched over a real server: every event is a job, progress only grows, and the stream ends with the job."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.client import Client
from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House, serve_house

WEIGHTS = Blob(3_000_000, 12)


@pytest.fixture
async def served(hub: StandInHub, tmp_path: Path) -> AsyncIterator[House]:
    """A depot behind real sockets."""
    async with serve_house(hub, tmp_path / "home") as house:
        yield house


async def events(house: House, job_id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """The named events of a job's stream, until the server ends it."""
    name = ""
    async with house.http.stream("GET", f"/jobs/{job_id}/events", timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)


async def test_from_start_to_end(hub: StandInHub, served: House) -> None:
    hub.add("org/name", {"config.json": b"{}", "model.safetensors": WEIGHTS})
    hub.faults.throttle("org/name/model.safetensors", 6_000_000)
    job_id = (await served.pull("org/name"))["job_id"]
    seen = [job async for name, job in events(served, job_id) if name == "job"]
    assert {job["id"] for job in seen} == {job_id}
    statuses = [job["status"] for job in seen]
    assert statuses[-1] == "succeeded"
    assert "running" in statuses
    progress = [job["progress"] for job in seen]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert len({number for number in progress if 0 < number < 1}) > 1
    assert seen[-1]["downloaded_bytes"] == seen[-1]["total_bytes"] == WEIGHTS.size + 2
    moving = [job for job in seen if job["current_file"]]
    assert moving[-1]["current_file"] == "model.safetensors"
    assert any(job["bytes_per_second"] and job["eta_seconds"] is not None for job in moving)


async def test_a_job_that_ended_is_told_once(hub: StandInHub, served: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    job = await served.bring("org/name")
    assert [name async for name, _ in events(served, job.id)] == ["job"]


async def test_a_cancelled_job_ends_its_stream(hub: StandInHub, served: House) -> None:
    hub.add("org/name", {"model.safetensors": WEIGHTS})
    hub.faults.throttle("*", 500_000)
    job_id = (await served.pull("org/name"))["job_id"]
    seen = []
    async for event in events(served, job_id):
        seen.append(event)
        if len(seen) == 1:
            await served.post(f"/jobs/{job_id}/cancel")
    name, job = seen[-1]
    assert (name, job["status"]) == ("job", "cancelled")


async def test_an_unknown_job_is_no_stream(served: House) -> None:
    answer = await served.http.get("/jobs/absent/events")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_a_client_that_leaves_stops_nothing(hub: StandInHub, served: House) -> None:
    hub.add("org/name", {"model.safetensors": WEIGHTS})
    hub.faults.throttle("*", 6_000_000)
    job_id = (await served.pull("org/name"))["job_id"]
    async with (
        httpx2.AsyncClient(base_url=served.http.base_url) as other,
        other.stream("GET", f"/jobs/{job_id}/events") as answer,
    ):
        await anext(answer.aiter_lines())
    assert (await served.ended(job_id)).status is JobStatus.SUCCEEDED


async def test_the_sdk_watches_to_the_end(hub: StandInHub, served: House) -> None:
    hub.add("org/name", {"model.safetensors": WEIGHTS})

    def pull_and_watch() -> list[str]:
        with Client(str(served.http.base_url)) as client:
            job_id = client.pull("org/name")["job_id"]
            assert job_id
            return [job["status"] for job in client.jobs.watch(job_id)]

    assert (await asyncio.to_thread(pull_and_watch))[-1] == "succeeded"
