"""Everything that changes, over a real server: named events with positions, and nothing missed by who comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.house import House, serve_house

STREAM = "/api/v1/stream"
WITHIN = 20.0


@dataclass(frozen=True)
class Heard:
    """One event; a mark, which is an id alone, has no name."""

    position: str
    name: str
    data: dict[str, Any]


@pytest.fixture
async def served(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    """A depot behind real sockets, with a small model upstream."""
    hub.add("org/name", {"config.json": b"{}"})
    async with serve_house(hub, home) as house:
        yield house


async def listen(house: House, last: str | None = None, path: str = STREAM) -> AsyncIterator[Heard]:
    """The events of a stream, marks included."""
    headers = {"Last-Event-ID": last} if last is not None else {}
    position, name, data = "", "", "{}"
    async with house.http.stream("GET", path, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            position = value if field == "id" else position
            name = value if field == "event" else name
            data = value if field == "data" else data
            if not line:
                yield Heard(position, name, json.loads(data))
                name, data = "", "{}"


async def until(events: AsyncIterator[Heard], name: str, **wanted: Any) -> list[Heard]:
    """What is heard up to the event with this name and these fields."""
    seen = []
    async with asyncio.timeout(WITHIN):
        async for event in events:
            seen.append(event)
            if event.name == name and all(event.data.get(field) == value for field, value in wanted.items()):
                return seen
    raise AssertionError(f"the stream ended without {name}")


async def test_jobs_and_models_are_told_with_their_present_state(served: House) -> None:
    events = listen(served)
    assert (await anext(events)).name == ""
    job_id = (await served.pull("org/name"))["job_id"]
    seen = await until(events, "model", status="ready")
    models = [event.data for event in seen if event.name == "model"]
    assert {frozenset(model) for model in models} == {frozenset(("id", "model", "status"))}
    assert models[-1]["model"] == "org/name"
    shown = await served.get(f"/api/v1/models/{models[-1]['id']}")
    assert shown["model"] == "org/name"
    jobs = [event.data for event in seen if event.name == "job"] or [
        event.data for event in await until(events, "job", id=job_id) if event.name == "job"
    ]
    assert {job["id"] for job in jobs} == {job_id}
    positions = [int(event.position) for event in seen if event.position]
    assert positions == sorted(positions)


async def test_who_comes_back_hears_what_was_missed(served: House) -> None:
    mark = await anext(listen(served))
    job = await served.bring("org/name")
    seen = await until(listen(served, mark.position), "job", id=job.id, status="succeeded")
    positions = [int(event.position) for event in seen]
    assert positions == sorted(positions)
    assert (await until(listen(served, mark.position), "model"))[-1].data["model"] == "org/name"


async def test_who_missed_nothing_hears_nothing_again(served: House) -> None:
    job = await served.bring("org/name")
    events = listen(served, "0")
    seen = [await anext(events)]
    if seen[0].name == "reset":
        last = seen[0].position
    else:
        last = (await until(events, "job", id=job.id, status="succeeded"))[-1].position
    await asyncio.sleep(0.3)  # what still is on its way comes before the mark
    again = listen(served, str(max(int(last), await served.depot.signals.feed.newest())))
    assert (await anext(again)).name == ""
    await served.post(f"/jobs/{job.id}/cancel", expect=409)
    await served.pull("org/name", expect=200)
    first = await anext(again)
    assert first.name == "model"


@pytest.mark.parametrize("last", ["99999999999999999", "nonsense", "-1", "1" * 400])
async def test_an_unknown_position_means_reset(served: House, last: str) -> None:
    first = await anext(listen(served, last))
    assert (first.name, first.position.isdigit()) == ("reset", True)
    events = listen(served, first.position)
    assert (await anext(events)).name == ""


async def test_a_job_that_is_forgotten_is_gone(served: House) -> None:
    job = await served.bring("org/name")
    events = listen(served)
    await anext(events)
    answer = await served.http.delete(f"/jobs/{job.id}")
    assert answer.status_code == 204
    assert (await until(events, "gone"))[-1].data == {"job": job.id}


async def test_a_jobs_stream_repeats_nothing_that_was_heard(served: House) -> None:
    job = await served.bring("org/name")
    path = f"/jobs/{job.id}/events"
    (only,) = [event async for event in listen(served, path=path)]
    assert only.data["status"] == "succeeded"
    answer = await served.http.get(path, headers={"Last-Event-ID": only.position})
    assert (answer.status_code, answer.content) == (204, b"")
    (again,) = [event async for event in listen(served, "something else", path=path)]
    assert again == only
