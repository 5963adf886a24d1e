"""A hub that sends the depot to places inside: nobody there is asked, nothing is told, the job says why."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from steelyard.jobs.models import JobStatus
from steelyard.testing.hub import Blob, Content
from tests.flows.house import House, open_house, slug
from tests.flows.lying_hub import LyingHub
from tests.unit.sources.elsewhere import Elsewhere

LARGE = "model.safetensors"
FILES: dict[str, Content] = {"config.json": b"{}", LARGE: Blob(30_000, 43)}
TOKEN = "hf_made_up_for_tests"
TARGETS = [
    "http://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://127.1:{port}",
]


@pytest.fixture
async def hub() -> AsyncIterator[LyingHub]:
    """A hub that wants a token."""
    async with LyingHub() as hub:
        hub.add("org/name", FILES, gated=True)
        hub.tokens.add(TOKEN)
        yield hub


@pytest.fixture
async def inside() -> AsyncIterator[Elsewhere]:
    """A service beside the depot."""
    async with Elsewhere() as inside:
        yield inside


@pytest.fixture
async def house(hub: LyingHub, tmp_path: Path) -> AsyncIterator[House]:
    """A depot with the token and no network allowed."""
    async with open_house(hub, tmp_path / "home", huggingface__token=TOKEN) as house:
        yield house


async def assert_job_is_refused(house: House) -> None:
    """A pull whose job fails at once, for the address."""
    job = await house.ended((await house.pull("org/name"))["job_id"])
    assert (job.status, job.attempt) == (JobStatus.FAILED, 1)
    assert job.fault is not None
    assert job.fault.slug == "address-refused"
    assert job.fault.hint


@pytest.mark.parametrize("target", TARGETS)
async def test_a_file_that_redirects_inside(hub: LyingHub, inside: Elsewhere, house: House, target: str) -> None:
    location = f"{target.format(port=inside.port)}/admin?x=1"
    hub.faults.status(f"org/name/{LARGE}", 302, times=None, headers={"Location": location})
    await assert_job_is_refused(house)
    assert inside.requests == []


@pytest.mark.parametrize("target", TARGETS)
async def test_a_description_that_redirects_inside(hub: LyingHub, inside: Elsewhere, house: House, target: str) -> None:
    location = f"{target.format(port=inside.port)}/admin?x=1"
    hub.faults.status("api:org/name*", 307, times=None, headers={"Location": location})
    assert slug(await house.pull("org/name", expect=403)) == "address-refused"
    assert inside.requests == []


@pytest.mark.parametrize("target", TARGETS)
async def test_a_tree_that_goes_on_inside(hub: LyingHub, inside: Elsewhere, house: House, target: str) -> None:
    hub.next_page = f"{target.format(port=inside.port)}/admin?x=1"
    await assert_job_is_refused(house)
    assert inside.requests == []


async def test_where_it_is_allowed_the_token_stays_at_home(hub: LyingHub, inside: Elsewhere, tmp_path: Path) -> None:
    hub.next_page = f"{inside.url}/more"
    inside.answer = lambda **_given: web.json_response([])
    given: dict[str, Any] = {"huggingface__token": TOKEN, "sources__allowed_networks": ["127.0.0.1"]}
    async with open_house(hub, tmp_path / "home", **given) as house:
        await house.bring("org/name")
    assert inside.requests
    assert not any(TOKEN in str(request.headers) for request in inside.requests)
    assert {one.authorization for one in hub.ledger.requests()} == {f"Bearer {TOKEN}"}
