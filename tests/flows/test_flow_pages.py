"""The pages over the real services: what they show and what their forms do."""

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, eventually

HTML = {"Accept": "text/html"}
FILES: dict[str, Content] = {
    "config.json": b'{"model_type": "llama", "max_position_embeddings": 4096}',
    "model.safetensors": Blob(50_000, 1),
    "README.md": b"# Read\n",
}


async def shown(house: House, path: str, expect: int = 200) -> str:
    """The text of a page."""
    answer = await house.http.get(path, headers=HTML)
    assert answer.status_code == expect, answer.text
    return answer.text


async def sent(house: House, path: str, expect: int = 303, /, **fields: str) -> str:
    """Send a form; where it leads, or the page that refuses it."""
    answer = await house.http.post(path, data={"username": "ines", **fields}, headers=HTML)
    assert answer.status_code == expect, answer.text
    return str(answer.headers.get("location", answer.text))


async def test_a_pull_from_the_page_brings_what_was_asked_for(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    assert await sent(house, "/pages/pull", model="org/name", include="*.json, *.md", exclude="README*") == (
        "/?notice=queued&model=org%2Fname#pull-answer"
    )
    await _ready(house, "org/name")
    assert set(house.contents("org/name", commit)) == {"config.json"}
    text = await shown(house, "/models/org/name")
    for words in ("First pulled by <strong>ines</strong>", "1 of 3 files here", "not here", "Complete and verified."):
        assert words in text
    assert "org/name" in await shown(house, "/?format=safetensors&owner=ines")
    assert "org/name" in await shown(house, "/downloads?username=ines&q=NAME&status=completed")
    assert "Nobody has asked for anything like this." in await shown(house, "/downloads?username=leo")


async def test_a_model_is_changed_as_a_whole(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    form = {"name": "Pet", "description": "Line\r\nline", "tags": "a, b", "aliases": "pet", "pinned": "on"}
    assert await sent(house, "/pages/models/edit/org/name", **form) == (
        "/models/org/name?notice=edit&model=org%2Fname#model-answer"
    )
    found = await house.get("/api/models/pet")
    assert (found["name"], found["description"], found["tags"]) == ("Pet", "Line\nline", ["a", "b"])
    assert (found["aliases"], found["pinned"], found["private"], found["active"]) == (["pet"], True, False, False)
    assert "Pet" in await shown(house, "/models/pet")
    events = (await house.get("/api/v1/events", type="model_update"))["events"]
    assert [(event["username"], event["model"]) for event in events] == [("ines", "org/name")]


async def test_a_field_that_cannot_be_saved_is_named(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    text = await sent(house, "/pages/models/edit/org/name", 422, name="", tags="<b>")
    assert "name: " in text
    assert "tags: " in text
    assert "BaseModel" not in text
    assert (await house.get("/api/models/org/name"))["name"] == "org/name"


async def test_a_model_goes_to_the_trash_and_comes_back(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    assert "this frees 50.1 kB" in await shown(house, "/models/org/name")
    await sent(house, "/pages/models/delete/org/name")
    await house.get("/api/models/org/name", 404)
    text = await shown(house, "/models/org/name")
    for words in ("by ines", "It goes for good", ">Restore</button>"):
        assert words in text
    assert "org/name" in await shown(house, "/?status=deleted")
    assert "trash <span>1</span>" in await shown(house, "/")
    await sent(house, "/pages/models/restore/org/name", back="trash")
    assert (await house.get("/api/models/org/name"))["status"] == "ready"


async def test_what_is_purged_is_unknown(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    await sent(house, "/pages/models/delete/org/name")
    assert await sent(house, "/pages/models/purge/org/name") == (
        "/?status=deleted&notice=purge&model=org%2Fname#model-answer"
    )

    async def gone() -> bool:
        return (await house.http.get("/models/org/name", headers=HTML)).status_code == 404

    await eventually(gone, "it is purged")
    assert 'value="org/name"' in await shown(house, "/models/org/name", 404)


async def test_a_pinned_model_is_not_deleted(hub: StandInHub, house: House) -> None:
    hub.add("org/name", FILES)
    await house.bring("org/name")
    await house.http.patch("/api/models/org/name", json={"pinned": True})
    assert "is pinned and cannot be deleted" in await sent(house, "/pages/models/delete/org/name", 409)
    assert "It is pinned: take that mark away" in await shown(house, "/models/org/name")


async def test_a_verification_is_told_and_so_is_what_it_found(hub: StandInHub, house: House) -> None:
    commit = hub.add("org/name", FILES)
    await house.bring("org/name")
    await sent(house, "/pages/models/verify/org/name")

    async def told(words: str) -> bool:
        return words in await shown(house, "/models/org/name")

    await eventually(lambda: told("3 files as they should be"), "the verification is told")
    blob = (house.repository("org/name") / "snapshots" / commit / "model.safetensors").resolve()
    blob.unlink()
    await sent(house, "/pages/models/verify/org/name")
    await eventually(lambda: told("steelyard pull org/name</p>"), "the finding is told")


async def test_a_refused_request_says_why_in_the_history(hub: StandInHub, house: House) -> None:
    hub.add("org/gated", FILES, gated=True)
    await sent(house, "/pages/pull", 403, model="org/gated")
    text = await shown(house, "/downloads?status=failed")
    assert "gated" in text
    assert 'href="/?pull=org/gated#pull-model"' in text


async def _ready(house: House, model: str) -> None:
    async def ready() -> bool:
        return bool((await house.http.get(f"/api/models/{model}")).json().get("status") == "ready")

    await eventually(ready, f"{model} is ready")
