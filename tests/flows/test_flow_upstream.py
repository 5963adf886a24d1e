"""A hub that cuts, refuses, slows down, redirects or ignores ranges: it succeeds and wastes next to nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house

WEIGHTS = Blob(12_000_000, 4)
LARGE = "model.safetensors"
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
TOKEN = "hf_made_up_for_tests"
SOON = {"Retry-After": "0"}
LOOPBACK = ["127.0.0.0/8", "::1/128"]  # where the stand-in's CDN is
Spoil = Callable[[StandInHub], object]

SPOILT: dict[str, Spoil] = {
    "cut after 10 of 12": lambda hub: hub.faults.cut_after(f"org/name/{LARGE}", 10_000_000),
    "cut five times": lambda hub: hub.faults.cut_after(f"org/name/{LARGE}", 2_000_000, times=5),
    "cut before the first byte": lambda hub: hub.faults.cut_after(f"org/name/{LARGE}", 0, times=3),
    "503 three times for a file": lambda hub: hub.faults.status(f"org/name/{LARGE}", 503, times=3, headers=SOON),
    "503 three times for all files": lambda hub: hub.faults.status("org/name/*", 503, times=3, headers=SOON),
    "500 for a file": lambda hub: hub.faults.status(f"org/name/{LARGE}", 500, headers=SOON),
    "503 three times for the tree": lambda hub: hub.faults.status("api:org/name/tree", 503, times=3, headers=SOON),
    "503 for everything about it": lambda hub: hub.faults.status("api:org/name*", 503, times=3, headers=SOON),
    "429 for a file": lambda hub: hub.faults.status(f"org/name/{LARGE}", 429, headers=SOON),
    "429 for the tree": lambda hub: hub.faults.status("api:org/name/tree", 429, headers=SOON),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
async def test_it_succeeds_and_fetches_no_byte_twice(hub: StandInHub, house: House, spoil: Spoil) -> None:
    commit = hub.add("org/name", FILES)
    spoil(hub)
    job = await house.bring("org/name")
    assert sum(rule.acted for rule in hub.faults.rules) == sum(rule.times or 0 for rule in hub.faults.rules)
    assert hub.ledger.bytes_sent(call="resolve") <= 1.05 * (WEIGHTS.size + 2)
    assert house.contents("org/name", commit) == {"config.json": b"{}", LARGE: WEIGHTS.read()}
    assert job.fault is None
    assert job.progress.downloaded_bytes == job.progress.total_bytes == WEIGHTS.size + 2


async def test_429_is_obeyed_by_every_connection_to_the_host(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {f"part-{number:02d}.safetensors": Blob(1000, number) for number in range(60)})
    hub.faults.status("org/name/*", 429, headers={"Retry-After": "1"})
    job = await house.bring("org/name")
    assert job.attempt == 1
    refused = next(one for one in hub.ledger.requests(call="resolve") if one.status == 429)
    retried = hub.ledger.requests(file=refused.file)[1]
    # Whoever goes on during the pause has fetched all the other files before the refused one is tried again.
    between = [one for one in hub.ledger.requests() if refused.number < one.number < retried.number]
    assert len(between) <= 3 * house.depot.settings.downloads.connections_per_host


async def test_a_hub_that_stays_broken_fails_the_job_in_clear_words(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES)
    hub.faults.status(f"org/name/{LARGE}", 503, times=None, headers=SOON)
    async with open_house(hub, tmp_path / "home", jobs__max_tries=2, downloads__tries_without_progress=2) as house:
        answer = await house.pull("org/name")
        job = await house.ended(answer["job_id"])
        assert (job.status, job.attempt) == (JobStatus.FAILED, 2)
        shown = await house.get(f"/jobs/{job.id}")
        assert "503" in shown["error"]
        assert (await house.get("/api/models/org/name/exists"))["exists"] is False


async def test_the_token_stays_with_the_hub(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/closed", FILES, gated=True)
    hub.tokens.add(TOKEN)
    hub.faults.redirect_to_cdn("*")
    given: dict[str, Any] = {"huggingface__token": TOKEN, "sources__allowed_networks": LOOPBACK}
    async with open_house(hub, tmp_path / "home", **given) as house:
        await house.bring("org/closed")
        assert house.contents("org/closed", commit)[LARGE] == WEIGHTS.read()
    assert {one.authorization for one in hub.ledger.requests(origin="hub")} == {f"Bearer {TOKEN}"}
    at_the_cdn = hub.ledger.requests(origin="cdn")
    assert at_the_cdn
    assert not any(TOKEN in str(one.as_json()) for one in at_the_cdn)


async def test_a_cut_at_the_cdn_is_taken_up_where_it_ended(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.redirect_to_cdn("*")
    hub.faults.cut_after(f"org/name/{LARGE}", 7_000_000)
    async with open_house(hub, tmp_path / "home", sources__allowed_networks=LOOPBACK) as house:
        await house.bring("org/name")
        assert house.contents("org/name", commit)[LARGE] == WEIGHTS.read()
    first, second = hub.ledger.requests(origin="cdn")
    assert (first.range, first.status, second.status) == ("bytes=0-", 206, 206)
    assert first.bytes_sent + second.bytes_sent <= 1.05 * WEIGHTS.size


async def test_a_hub_that_ignores_ranges_is_read_from_the_start(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.ignore_range(f"org/name/{LARGE}", times=None)
    hub.faults.cut_after(f"org/name/{LARGE}", 5_000_000)
    job = await house.bring("org/name")
    assert house.contents("org/name", commit)[LARGE] == WEIGHTS.read()
    assert hub.ledger.bytes_sent(file=LARGE) == WEIGHTS.size + 5_000_000
    assert job.progress.downloaded_bytes == WEIGHTS.size + 2


async def test_a_slow_hub_does_not_hold_the_answer(hub: StandInHub, tmp_path: Path) -> None:
    commit = hub.add("org/name", FILES)
    hub.faults.delay("api:org/name", 1.0, times=2)
    async with open_house(hub, tmp_path / "home", downloads__resolve_seconds=0.05) as house:
        answer = await house.pull("org/name")
        assert (answer["revision"], answer["status"]) == (None, "queued")
        job = await house.ended(answer["job_id"])
        assert (job.status, job.revision) == (JobStatus.SUCCEEDED, commit)
        record = await house.get(f"/api/v1/downloads/request/{answer['task_id']}")
        assert (record["status"], record["revision"]) == ("completed", commit)


async def test_those_who_ask_a_slow_hub_share_the_job(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", FILES)
    hub.faults.delay("api:org/name", 0.5, times=3)
    async with open_house(hub, tmp_path / "home", downloads__resolve_seconds=0.05) as house:
        jobs = {(await house.pull("org/name", user))["job_id"] for user in ("alice", "bob")}
        for job_id in jobs:
            await house.ended(job_id)
        assert hub.ledger.bytes_sent(call="resolve") == WEIGHTS.size + 2
        history = await house.get("/api/v1/downloads/history")
        assert [line["status"] for line in history["requests"]] == ["completed", "completed"]


async def test_connections_to_the_hub_stay_below_the_cap(hub: StandInHub, tmp_path: Path) -> None:
    for number in range(3):
        files = {f"part-{part:02d}.safetensors": Blob(40_000, 100 * number + part) for part in range(12)}
        hub.add(f"org/model-{number}", files)
    hub.faults.throttle("*", 400_000)
    async with open_house(hub, tmp_path / "home", downloads__connections_per_host=3) as house:
        jobs = [(await house.pull(f"org/model-{number}"))["job_id"] for number in range(3)]
        await house.reached(jobs[2], JobStatus.RUNNING, JobStatus.SUCCEEDED)
        hub.ledger.clear()
        for job_id in jobs:
            assert (await house.ended(job_id)).status is JobStatus.SUCCEEDED
    under_way = hub.ledger.most_at_once
    assert under_way <= 3 + 3  # the cap for bytes, and one metadata call of each job
