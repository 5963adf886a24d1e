"""One quantisation of a repository instead of all of them."""

from pathlib import Path

import pytest

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import StandInHub
from steelyard.testing.weights import Tensor, Value, gguf_bytes
from tests.flows.house import House, eventually, open_house, slug

MODEL = "org/anvil-GGUF"
NAMED: dict[str, Value] = {"general.architecture": "llama", "llama.context_length": 4096}
SMALL = gguf_bytes(NAMED | {"general.file_type": 15}, {"a": Tensor((256, 8), "Q4_K")}, seed=1)
LARGE = gguf_bytes(NAMED | {"general.file_type": 7}, {"a": Tensor((256, 8), "Q8_0")}, seed=2)
FILES = {
    "README.md": b"---\nlicense: mit\n---\n# Anvil\n", "anvil-Q4_K_M.gguf": SMALL, "anvil-Q8_0.gguf": LARGE,
}  # fmt: skip
VARIANTS = [
    {"name": "Q4_K_M", "size_bytes": len(SMALL), "default": True},
    {"name": "Q8_0", "size_bytes": len(LARGE), "default": False},
]


@pytest.fixture
def commit(hub: StandInHub) -> str:
    """The repository's only commit."""
    return hub.add(MODEL, FILES)


async def exists(house: House, reference: str) -> bool:
    """Whether the depot says that it is here."""
    return bool((await house.get("/api/models/exists", model=reference))["exists"])


async def test_a_variant_brings_its_weights_and_what_is_no_weights(hub: StandInHub, house: House, commit: str) -> None:
    await house.bring(f"{MODEL}:Q8_0")
    assert house.contents(MODEL, commit) == {path: FILES[path] for path in ("README.md", "anvil-Q8_0.gguf")}
    assert hub.ledger.requests(file="anvil-Q4_K_M.gguf") == []
    shown = await house.get(f"/api/models/{MODEL}")
    assert shown["variants"] == VARIANTS
    assert (shown["status"], shown["quantization"], shown["size_bytes"]) == ("ready", "Q8_0", len(LARGE) + 29)
    assert await exists(house, f"{MODEL}:q8_0")
    assert not await exists(house, f"{MODEL}:Q4_K_M")
    assert not await exists(house, f"{MODEL}:latest")
    assert not await exists(house, f"{MODEL}:Q9")


async def test_the_same_variant_again_is_here_and_another_is_fetched(
    hub: StandInHub, house: House, commit: str
) -> None:
    await house.bring(f"{MODEL}:Q8_0")
    assert (await house.pull(f"{MODEL}:q8_0", expect=200))["status"] == "succeeded"
    await house.bring(f"{MODEL}:latest")
    assert (await house.pull(f"{MODEL}:Q4_K_M", expect=200))["status"] == "succeeded"
    assert await exists(house, f"{MODEL}:latest")
    assert (await house.get(f"/api/models/{MODEL}"))["quantization"] == "Q4_K_M"
    assert (await house.pull(MODEL, expect=200))["status"] == "succeeded"
    assert house.contents(MODEL, commit) == FILES
    assert len(hub.ledger.requests(call="resolve")) == 3


async def test_a_bare_name_brings_everything(house: House, commit: str) -> None:
    await house.bring(MODEL)
    assert house.contents(MODEL, commit) == FILES
    assert await exists(house, f"{MODEL}:Q8_0")


async def test_two_variants_are_two_jobs_and_two_spellings_are_one(hub: StandInHub, house: House, commit: str) -> None:
    hub.faults.throttle(f"{MODEL}/*", 1200)  # two seconds for the larger one, long enough to be found live
    jobs = [(await house.pull(f"{MODEL}{variant}"))["job_id"] for variant in (":Q8_0", ":q8_0", ":Q4_K_M", ":latest")]
    assert len(set(jobs)) == 2
    hub.faults.clear()
    for job in jobs:
        assert (await house.ended(job)).status is JobStatus.SUCCEEDED


async def test_an_unknown_variant_is_answered_with_those_that_there_are(house: House, commit: str) -> None:
    by_the_hub = await house.pull(f"{MODEL}:Q5_K_M", expect=404)
    assert slug(by_the_hub) == "variant-missing"
    assert by_the_hub["detail"] == f"{MODEL} has no variant Q5_K_M. It has: Q4_K_M, Q8_0."
    assert by_the_hub["hint"] == f"steelyard pull {MODEL}:Q4_K_M"
    await house.bring(f"{MODEL}:Q8_0")
    by_the_table = await house.pull(f"{MODEL}:Q5_K_M", expect=404)
    assert by_the_table["detail"] == by_the_hub["detail"]
    history = await house.get("/api/v1/downloads/history", status="failed")
    assert history["count"] == 2


async def test_variants_are_shown_before_the_files_are_here(hub: StandInHub, house: House, commit: str) -> None:
    hub.faults.throttle(f"{MODEL}/*", 100)
    job = (await house.pull(f"{MODEL}:Q8_0"))["job_id"]

    async def listed() -> bool:
        shown = await house.get(f"/api/models/{MODEL}")
        assert (shown["status"], shown["revision"]) == ("downloading", None)
        return bool(shown["variants"] == VARIANTS)

    await eventually(listed, "the variants are shown")
    hub.faults.clear()
    await house.post(f"/jobs/{job}/cancel")


async def test_a_repository_without_variants(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/plain", {"config.json": b"{}"})
    assert slug(await house.pull("org/plain:Q8_0", expect=404)) == "variant-missing"
    await house.bring("org/plain:latest")
    assert house.contents("org/plain", commit) == {"config.json": b"{}"}
    assert await exists(house, "org/plain:latest")


async def test_when_the_hub_is_too_slow_to_be_asked_the_job_says_it(hub: StandInHub, tmp_path: Path) -> None:
    hub.add(MODEL, FILES)
    async with open_house(hub, tmp_path, downloads__resolve_seconds=0.01) as house:
        hub.faults.delay(f"api:{MODEL}", 0.3, times=None)
        job = await house.ended((await house.pull(f"{MODEL}:Q5_K_M"))["job_id"])
        assert job.status is JobStatus.FAILED
        assert job.fault is not None
        assert job.fault.detail == f"{MODEL} has no variant Q5_K_M. It has: Q4_K_M, Q8_0."
        await house.bring(f"{MODEL}:latest")
        assert await exists(house, f"{MODEL}:Q4_K_M")
