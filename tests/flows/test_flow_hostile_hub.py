"""A hub that lies, hangs or asks for ages: nothing of it becomes a path, a hot loop or a stuck worker."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from steelyard.core.ref import Kind
from steelyard.jobs.models import Job, JobStatus
from steelyard.storage.layout import Layout, RepoFolder, UnsafeName
from steelyard.testing.hub import Blob, Content
from tests.flows.house import House, eventually, slug
from tests.flows.lying_hub import Lie, LyingHub, entries_with, entries_without, info_with

LARGE = "model.safetensors"
WEIGHTS = Blob(300_000, 41)
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: WEIGHTS}
AGES = "99999999"
COMMITS = ["../../../outside", "main", "a" * 39, "A" * 40, "", None]
NAMES = ["..", "a/b/c", "x" * 300, "a\0b", "/etc/passwd", "org/..", "org/name@main", "datasets/org/name", ""]
LIES = [("sha", value) for value in COMMITS] + [("id", value) for value in NAMES]


@pytest.fixture
async def hub() -> AsyncIterator[LyingHub]:
    """A hub that tells the truth until a test says otherwise."""
    async with LyingHub() as hub:
        hub.add("org/name", FILES)
        yield hub


def written(folder: Path) -> list[str]:
    """Everything below a folder but the databases and the spool before them, which note the request."""
    found = [path.relative_to(folder) for path in folder.rglob("*") if ".db" not in path.name]
    return sorted(path.as_posix() for path in found if "spool" not in path.parts)


async def at_first(house: House, folder: Path) -> list[str]:
    """What is there once the depot has given its store a name, which it does behind everybody's back."""

    async def named() -> bool:
        own = house.store / ".steelyard"
        return all(path.exists() for path in (house.store / "hub", own / "store-id", own / "trash"))

    await eventually(named, "the store has a name")
    return written(folder)


async def failed(house: House) -> Job:
    """A pull whose job fails at once, and says why."""
    job = await house.ended((await house.pull("org/name"))["job_id"])
    assert (job.status, job.attempt) == (JobStatus.FAILED, 1)
    assert job.fault is not None
    return job


@pytest.mark.parametrize(("field", "value"), LIES, ids=ascii)
async def test_names_and_commits_that_are_none_are_refused(
    hub: LyingHub, house: House, tmp_path: Path, field: str, value: str | None
) -> None:
    hub.lies["info"] = info_with(**{field: value})
    before = await at_first(house, tmp_path)
    assert slug(await house.pull("org/name", expect=502)) == "upstream-nonsense"
    assert written(tmp_path) == before
    assert (await house.get("/jobs"))["count"] == 0


@pytest.mark.parametrize(("field", "value"), [("sha", "../../../outside"), ("id", ".."), ("id", "a/b/c")])
async def test_and_a_job_that_asks_later_is_not_taken_in_either(
    hub: LyingHub, house: House, tmp_path: Path, field: str, value: str
) -> None:
    hub.lies["info"] = info_with(**{field: value})
    hub.faults.status("api:org/name", 503)  # the hub is away while the request is answered, so the job asks
    before = await at_first(house, tmp_path)
    job = await failed(house)
    assert job.fault is not None
    assert job.fault.slug == "upstream-nonsense"
    assert written(tmp_path) == before


@pytest.mark.parametrize("commit", ["..", "../..", "main", "", "a" * 41])
def test_the_store_believes_no_commit_either(tmp_path: Path, commit: str) -> None:
    with pytest.raises(UnsafeName):
        Layout(tmp_path).snapshot(RepoFolder(Kind.MODEL, "org/name"), commit, "config.json")


@pytest.mark.parametrize(
    "lie",
    [
        entries_with(size="5"), entries_with(size=2**70), entries_with(size=-1), entries_with(size=None),
        entries_with(oid="none"), entries_with(oid=None), entries_without("oid"), entries_without("size"),
        entries_without("path"), lambda _entries: [17], lambda _entries: [None],
    ],
    ids=["text", "2**70", "negative", "null", "odd-oid", "null-oid", "no-oid", "no-size", "no-path", "17", "nulls"],
)  # fmt: skip
async def test_a_tree_of_nonsense_fails_at_once(hub: LyingHub, house: House, lie: Lie) -> None:
    hub.lies["tree"] = lie
    job = await failed(house)
    assert job.fault is not None
    assert job.fault.slug == "upstream-nonsense"


async def test_a_size_beyond_the_file_fails_at_once_and_names_it(hub: LyingHub, house: House) -> None:
    hub.lies["tree"] = entries_with(size=WEIGHTS.size + 1000)
    job = await failed(house)
    assert job.fault is not None
    assert job.fault.slug == "upstream-nonsense"
    assert LARGE in job.fault.detail


@pytest.mark.parametrize("target", ["http://[::1", "http://127.0.0.1:99999999/x"])
async def test_a_redirect_to_no_address_fails_clearly(hub: LyingHub, house: House, target: str) -> None:
    hub.faults.status(f"org/name/{LARGE}", 302, times=None, headers={"Location": target})
    job = await failed(house)
    assert job.fault is not None
    assert job.fault.slug == "upstream-nonsense"
    assert "redirect" in job.fault.detail


async def test_an_unsafe_name_can_be_left_out(hub: LyingHub, house: House, tmp_path: Path) -> None:
    commit = hub.add("org/name", {"config.json": b"{}", "../evil.bin": b"evil"})
    await house.bring("org/name", exclude=["../*"])
    assert house.contents("org/name", commit) == {"config.json": b"{}"}
    assert not list(tmp_path.rglob("evil.bin"))


async def test_an_unsafe_name_that_is_wanted_fails_clearly(hub: LyingHub, house: House, tmp_path: Path) -> None:
    hub.add("org/name", {"config.json": b"{}", "../evil.bin": b"evil"})
    job = await failed(house)
    assert job.fault is not None
    assert "../evil.bin" in job.fault.detail
    assert hub.ledger.requests(call="resolve") == []  # before the first byte
    assert not list(tmp_path.rglob("evil.bin"))


async def test_a_hub_that_asks_for_ages_holds_no_worker(hub: LyingHub, house: House) -> None:
    hub.add("org/other", FILES)
    hub.faults.status(f"org/name/{LARGE}", 429, times=None, headers={"Retry-After": AGES})
    first = (await house.pull("org/name"))["job_id"]
    await assert_postponed(house, first)
    second = (await house.pull("org/other"))["job_id"]
    await assert_postponed(house, second)
    assert (await house.get("/jobs", status="running"))["count"] == 0


async def assert_postponed(house: House, job_id: str) -> None:
    """The job waits in the queue, for an hour at most, and says for what."""
    job = await house.reached(job_id, JobStatus.QUEUED)
    while job.fault is None:  # it was queued before its first try as well
        job = await house.reached(job_id, JobStatus.QUEUED)
    ahead = job.not_before - job.updated_at
    assert timedelta(minutes=1) < ahead <= timedelta(hours=1)
    shown = await house.get(f"/jobs/{job_id}")
    assert shown["status"] == "queued"
    assert "pause" in shown["error"] or "too many" in shown["error"].lower()
    assert shown["hint"]
