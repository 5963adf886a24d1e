"""Lists: filters, order, pages and true totals."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/api/v1/downloads/history"
SHELF: dict[str, dict[str, Content]] = {
    "org/alpha": {"model.safetensors": Blob(1000, 1)},
    "org/Beta": {"model.gguf": Blob(2000, 2)},
    "team/gamma_1": {"model.onnx": Blob(3000, 3)},
    "team/delta": {"weights.bin": Blob(4000, 4)},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelf(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Four models; alice brought two, bob the others, carol asked for one that is there and one that is not."""
    async with StandInHub() as hub, open_house(hub, tmp_path_factory.mktemp("shelf")) as house:
        for number, (name, files) in enumerate(SHELF.items()):
            hub.add(name, files)
            await house.bring(name, "alice" if number < 2 else "bob")
        await house.pull("org/alpha", "carol", expect=200)
        await house.pull("org/absent", "carol", expect=404)
        yield house


async def names(house: House, **query: Any) -> list[str]:
    """The models of a list, in its order."""
    answer = await house.get("/api/models", **query)
    assert answer["count"] >= len(answer["models"])
    return [model["model"] for model in answer["models"]]


async def test_models_by_text(shelf: House) -> None:
    assert await names(shelf, q="ORG/") == ["org/alpha", "org/Beta"]
    assert await names(shelf, q="gamma_1") == ["team/gamma_1"]
    assert await names(shelf, q="gamma%") == []
    assert await names(shelf, q="a_1") == ["team/gamma_1"]
    assert await names(shelf, q="aX1") == []


async def test_models_by_status_format_source_and_owner(shelf: House) -> None:
    assert await names(shelf, status="quarantined") == ["team/delta"]
    assert await names(shelf, format="gguf") == ["org/Beta"]
    assert len(await names(shelf, source="huggingface")) == 4
    assert await names(shelf, source="http") == []
    assert set(await names(shelf, owner="bob")) == {"team/gamma_1", "team/delta"}
    assert await names(shelf, status="deleted") == []
    assert await names(shelf, owner="bob", format="onnx", q="team") == ["team/gamma_1"]


async def test_my_own_models(shelf: House) -> None:
    answer = await shelf.http.get("/api/models?owner=me", headers={"X-Steelyard-User": "alice"})
    assert {model["model"] for model in answer.json()["models"]} == {"org/alpha", "org/Beta"}


async def test_models_in_order(shelf: House) -> None:
    assert await names(shelf, sort="newest") == list(reversed(SHELF))
    assert (await names(shelf, sort="downloads"))[0] == "org/alpha"
    assert (await names(shelf, sort="last_used"))[0] == "org/alpha"
    by_name = await names(shelf, sort="name")
    assert by_name == await names(shelf)
    assert [name.lower() for name in by_name] == sorted(name.lower() for name in SHELF)


@pytest.mark.parametrize("sort", ["name", "newest", "downloads", "last_used"])
async def test_pages_of_models_make_up_the_whole(shelf: House, sort: str) -> None:
    whole = await names(shelf, sort=sort)
    pages = [await shelf.get("/api/models", sort=sort, limit=3, offset=offset) for offset in (0, 3)]
    assert [model["model"] for page in pages for model in page["models"]] == whole
    assert {page["count"] for page in pages} == {4}


async def test_history_is_newest_first_and_paged(shelf: House) -> None:
    whole = (await shelf.get(HISTORY))["requests"]
    assert [line["id"] for line in whole] == sorted((line["id"] for line in whole), reverse=True)
    assert len(whole) == 6
    pages = [await shelf.get(HISTORY, limit=4, offset=offset) for offset in (0, 4, 8)]
    assert [line["id"] for page in pages for line in page["requests"]] == [line["id"] for line in whole]
    assert {page["count"] for page in pages} == {6}


async def test_history_by_status_person_and_address(shelf: House) -> None:
    assert (await shelf.get(HISTORY, status="completed"))["count"] == 5
    (failed,) = (await shelf.get(HISTORY, status="failed"))["requests"]
    assert (failed["model"], failed["username"]) == ("org/absent", "carol")
    assert (await shelf.get(f"{HISTORY}/user/carol"))["count"] == 2
    assert (await shelf.get(f"{HISTORY}/user/carol", status="failed"))["count"] == 1
    assert (await shelf.get(f"{HISTORY}/user/nobody"))["count"] == 0
    assert (await shelf.get(f"{HISTORY}/ip/127.0.0.1"))["count"] == 6
    assert (await shelf.get(f"{HISTORY}/ip/10.0.0.1"))["count"] == 0


async def test_history_since_and_until(shelf: House) -> None:
    whole = (await shelf.get(HISTORY))["requests"]
    middle = whole[2]["timestamp"]
    newer = (await shelf.get(HISTORY, since=middle))["requests"]
    older = (await shelf.get(HISTORY, until=middle))["requests"]
    assert [line["id"] for line in newer + older] == [line["id"] for line in whole]
    # Times are shown in milliseconds, so the line of the very moment may stand on either side of it.
    assert len(newer) in {2, 3}
    assert (await shelf.get(HISTORY, since="2200-01-01"))["count"] == 0
    assert (await shelf.get(HISTORY, until="2200-01-01T00:00:00+05:00"))["count"] == 6
    now = datetime.now(UTC).isoformat()
    assert (await shelf.get(HISTORY, since="2020-01-01", until=now))["count"] == 6


async def test_what_a_line_shows_is_what_since_takes(shelf: House) -> None:
    whole = (await shelf.get(HISTORY))["requests"]
    for line in whole:
        found = (await shelf.get(HISTORY, since=line["timestamp"]))["requests"]
        assert line["id"] in {one["id"] for one in found}


async def test_jobs_by_everything(shelf: House) -> None:
    assert (await shelf.get("/jobs"))["count"] == 4
    assert (await shelf.get("/jobs", status="succeeded"))["count"] == 4
    assert (await shelf.get("/jobs", status="running"))["count"] == 0
    assert (await shelf.get("/jobs", user="bob"))["count"] == 2
    (job,) = (await shelf.get("/jobs", model="org/alpha"))["jobs"]
    assert job["model"] == "org/alpha"
    assert (await shelf.get("/jobs", kind="download", limit=1))["count"] == 4
    assert (await shelf.get("/jobs", kind="verify"))["count"] == 0


async def test_the_files_of_a_model(shelf: House) -> None:
    answer = await shelf.get("/api/models/org/alpha/files")
    assert (answer["count"], answer["files"][0]["path"]) == (1, "model.safetensors")


async def test_exists_in_every_spelling(shelf: House) -> None:
    yes = {"exists": True, "status": "ready"}
    commit = (await shelf.get("/api/models/org/alpha"))["revision"]
    assert await shelf.get("/api/models/exists", model="org/alpha") == yes
    assert await shelf.get("/api/models/exists", model=f"org/alpha@{commit}") == yes
    assert await shelf.get("/api/models/org/alpha/exists", revision="main") == yes
    assert await shelf.get("/api/models/org/alpha/exists", revision=commit, file="model.safetensors") == yes
    assert (await shelf.get("/api/models/org/alpha/exists", file="absent.txt"))["exists"] is False
    assert (await shelf.get("/api/models/org/alpha/exists", revision="0" * 40))["exists"] is False
    assert (await shelf.get("/api/models/team/delta/exists"))["status"] == "quarantined"
