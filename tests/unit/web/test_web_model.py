"""The page of one model, and what its owner does there."""

import httpx2
import pytest

from steelyard.core.errors import Conflict
from steelyard.testing.pages import FakeSource, fake_job, fake_model, fake_request
from steelyard.web.forms import EditForm
from steelyard.web.shelf import Weight

PRESS = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def shelved(source: FakeSource) -> FakeSource:
    """One model that two people asked for."""
    source.shelf = [fake_model("org/name", description="A model.", tags=["chat"], aliases=["pet"])]
    source.requests = [fake_request("org/name"), fake_request("org/name", username="leo"), fake_request("org/name")]
    source.weighs = Weight(60_000_000_000, 4_200_000_000)
    return source


async def test_the_page_says_all_about_it(prefixed: httpx2.AsyncClient, shelved: FakeSource) -> None:
    shelved.jobs = [fake_job("org/name"), fake_job("other/model", id="j2")]
    text = (await prefixed.get("/models/org/name")).text
    for words in (
        "<h1>org/name</h1>", "<title>org/name · Steelyard</title>", "Complete and verified.", "A model.",
        "<li>chat</li>", "<code>pet</code>", "7.2 B", "4,096 tokens", "apache-2.0", "2 of 3 files here",
        "not here", "c" * 64,
        "First pulled by <strong>mira</strong>", "All 3 requests", "1 min 52 s left",
        "this frees 60.0 GB; 4.2 GB more is shared with others and stays.",
        'hx-sse:connect="/depot/live/models/org/name"', 'href="/depot/api/models/org/name"',
        "steelyard pull org/name --wait", "curl -s http://127.0.0.1/depot/api/models/org/name",
    ):  # fmt: skip
        assert words in text
    assert "other/model" not in text


async def test_what_is_wrong_stands_on_top(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model(problems=["model.gguf ends too early"], status="partial")]
    source.findings = [
        {
            "problem": "foreign_file",
            "path": "snapshots/x",
            "detail": "Nobody knows it.",
            "hint": "Keep it.",
            "found_at": None,
        },
    ]
    source.check = {"finished_at": "2026-03-12T09:00:00Z", "right": 7, "damaged": 1, "missing": 0}
    text = (await browser.get("/models/org/name")).text
    for words in (
        "model.gguf ends too early",
        "foreign file",
        "snapshots/x",
        "Nobody knows it.",
        "Keep it.",
        "7 files as they should be, 1 damaged",
    ):
        assert words in text


async def test_an_unknown_model_can_be_asked_for(prefixed: httpx2.AsyncClient) -> None:
    answer = await prefixed.get("/models/nobody/here@v1")
    assert answer.status_code == 404
    assert 'value="nobody/here@v1"' in answer.text
    assert 'action="/depot/pages/pull"' in answer.text
    assert "<h1" in answer.text


async def test_changes_are_saved(prefixed: httpx2.AsyncClient, shelved: FakeSource) -> None:
    form = {"name": "Pet", "description": "Two\r\nlines", "tags": "a, b,a", "aliases": "", "pinned": "on"}
    answer = await prefixed.post("/pages/models/edit/org/name", data=form)
    wanted = EditForm(name="Pet", description="Two\nlines", tags="a, b,a", pinned=True)
    assert shelved.calls == [("edit", "org/name", wanted)]
    assert answer.status_code == 303
    assert answer.headers["location"] == "/depot/models/org/name?notice=edit&model=org%2Fname#model-answer"
    text = (await prefixed.get("/models/org/name?notice=edit&model=org/name")).text
    for words in ("Saved.", "Two\nlines", "<li>a</li><li>b</li>", "Kept whatever clean-up says.", "inactive"):
        assert words in text


async def test_a_refused_change_keeps_what_was_typed(browser: httpx2.AsyncClient, shelved: FakeSource) -> None:
    shelved.refuse = Conflict("The name pet is taken.", hint="Choose another one.")
    answer = await browser.post("/pages/models/edit/org/name", data={"name": "Pet", "aliases": "pet"})
    assert answer.status_code == 409
    for words in ("The name pet is taken.", "Choose another one.", 'value="Pet"', "<details open>", 'role="alert"'):
        assert words in answer.text


@pytest.mark.parametrize(
    ("deed", "words"),
    [("delete", "is in the trash."), ("restore", "is back on the shelf."), ("verify", "hashed again")],
)
async def test_a_deed_leads_back_to_the_model(
    prefixed: httpx2.AsyncClient, shelved: FakeSource, deed: str, words: str
) -> None:
    answer = await prefixed.post(f"/pages/models/{deed}/org/name", data={"username": " ines "})
    assert shelved.calls == [(deed, "org/name", "ines")]
    assert answer.headers["location"] == f"/depot/models/org/name?notice={deed}&model=org%2Fname#model-answer"
    text = (await prefixed.get(answer.headers["location"].removeprefix("/depot"))).text
    assert words in text


async def test_a_deletion_can_be_undone_at_once(browser: httpx2.AsyncClient, shelved: FakeSource) -> None:
    await browser.post("/pages/models/delete/org/name", headers=PRESS)
    text = (await browser.get("/models/org/name?notice=delete&model=org/name")).text
    assert "Undo: bring it back" in text
    assert 'action="/pages/models/restore/org/name"' in text


async def test_what_is_pinned_is_not_offered_for_deletion(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model(pinned=True)]
    text = (await browser.get("/models/org/name")).text
    assert "It is pinned: take that mark away" in text
    assert "Move it to the trash" not in text


async def test_a_variant_can_be_asked_for(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model(variants=[{"name": "Q4_K_M", "size_bytes": 1, "default": True}])]
    text = (await prefixed.get("/models/org/name")).text
    assert 'href="/depot/?pull=org/name%3AQ4_K_M#pull-model"' in text


async def test_a_model_in_the_trash_offers_its_return(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    times = {"deleted_at": "2026-03-12T09:00:00Z", "deleted_by": "leo", "purge_after": "2026-03-13T12:00:00Z"}
    source.shelf = [fake_model(status="deleted", **times)]
    text = (await browser.get("/models/org/name")).text
    for words in ("1 h ago", "by leo", "in 1 day", ">Restore</button>", ">Purge now</button>"):
        assert words in text
    assert "Move it to the trash" not in text
    assert 'id="edit-form"' not in text


async def test_from_the_trash_one_stays_in_the_trash(prefixed: httpx2.AsyncClient, shelved: FakeSource) -> None:
    restored = await prefixed.post("/pages/models/restore/org/name", data={"back": "trash"})
    purged = await prefixed.post("/pages/models/purge/org/name", headers=PRESS)
    place = "/depot/?status=deleted&notice={}&model=org%2Fname#model-answer"
    assert restored.headers["location"] == place.format("restore")
    assert purged.headers["location"] == place.format("purge")
    assert shelved.shelf == []
    text = (await prefixed.get("/?status=deleted&notice=purge&model=org/name")).text
    assert "org/name is gone for good." in text


async def test_a_refused_deed_says_why(browser: httpx2.AsyncClient, shelved: FakeSource) -> None:
    shelved.refuse = Conflict("It is pinned.", hint="Unpin it first.")
    answer = await browser.post("/pages/models/delete/org/name", headers=PRESS)
    assert answer.status_code == 409
    assert "It is pinned." in answer.text
    assert "<h1>org/name</h1>" in answer.text


async def test_deeds_that_nobody_knows(browser: httpx2.AsyncClient, shelved: FakeSource) -> None:
    assert (await browser.post("/pages/models/paint/org/name", headers=PRESS)).status_code == 404
    gone = await browser.post("/pages/models/delete/no/body", headers=PRESS)
    assert gone.status_code == 404
    assert shelved.calls == [("delete", "no/body", "")]
