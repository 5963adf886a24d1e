"""The head of every page says who looks, and buttons are shown to those who may press them."""

import httpx2
import pytest

from steelyard.core.errors import SteelyardError, Unavailable
from steelyard.testing.pages import FakeSource, fake_job, fake_model, fake_request
from steelyard.testing.people_pages import ADMIN, GUEST, MEMBER, FakePeople
from steelyard.web.viewer import EVERYBODY, NOBODY, Viewer

OWN, OTHERS, TRASHED = "org/own", "org/others", "org/trashed"


@pytest.fixture
def source(source: FakeSource) -> FakeSource:
    """ada has a model, and mira has two, one of them in the trash."""
    trashed = fake_model(TRASHED, status="deleted", deleted_at="2026-03-11T10:00:00.000Z", owner="mira")
    source.shelf = [fake_model(OWN, owner="ada"), fake_model(OTHERS, owner="mira"), trashed]
    source.jobs = [fake_job(OWN)]
    source.requests = [fake_request(OWN, "failed"), fake_request(OWN, "failed", job_id=None)]
    return source


async def head(browser: httpx2.AsyncClient, people: FakePeople, viewer: Viewer) -> str:
    """The head of the library as somebody sees it."""
    people.looking = viewer
    text = (await browser.get("/")).text
    return text.partition("<header")[2].partition("</header>")[0]


async def test_the_head_says_who_looks(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    member = await head(browser, people, MEMBER)
    assert 'ada <span class="quiet">· member</span>' in member
    assert 'href="/account"' in member
    assert 'action="/pages/logout"' in member
    assert 'href="/admin"' not in member
    assert 'href="/admin"' in await head(browser, people, ADMIN)
    guest = await head(browser, people, GUEST)
    assert 'bob <span class="quiet">· viewer</span>' in guest
    assert "known by tailnet" in guest
    assert "/pages/logout" not in guest
    assert "Pull a model" not in guest


async def test_an_open_depot_asks_nobody(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    everybody = await head(browser, people, EVERYBODY)
    assert 'class="who"' not in everybody
    assert 'href="/admin"' in everybody


async def test_strangers_are_shown_the_way_in(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = NOBODY
    text = (await browser.get("/login")).text
    assert 'href="/login">Sign in</a>' in text
    for hidden in ('href="/downloads"', 'id="search"', "Pull a model", "/api/models"):
        assert hidden not in text


@pytest.mark.parametrize(("viewer", "shown"), [(GUEST, False), (MEMBER, True), (EVERYBODY, True)])
async def test_who_may_not_pull_sees_no_form_for_it(
    browser: httpx2.AsyncClient, people: FakePeople, source: FakeSource, viewer: Viewer, shown: bool
) -> None:
    people.looking = viewer
    pages = [(await browser.get(path)).text for path in ("/", "/models/org/nowhere")]
    assert ['action="/pages/pull"' in text for text in pages] == [shown, shown]
    downloads = (await browser.get("/downloads")).text
    assert ("/pages/jobs/" in downloads, "?pull=" in downloads) == (shown, shown)


@pytest.mark.parametrize(
    ("viewer", "model", "buttons"),
    [
        (GUEST, OWN, set()),
        (MEMBER, OWN, {"edit", "verify", "delete"}),
        (MEMBER, OTHERS, {"verify"}),
        (ADMIN, OTHERS, {"edit", "verify", "delete"}),
        (EVERYBODY, OTHERS, {"edit", "verify", "delete"}),
        (GUEST, TRASHED, set()),
        (MEMBER, TRASHED, set()),
        (ADMIN, TRASHED, {"restore", "purge"}),
    ],
)
async def test_a_model_is_changed_by_its_owner_and_by_administrators(
    browser: httpx2.AsyncClient, people: FakePeople, source: FakeSource, viewer: Viewer, model: str, buttons: set[str]
) -> None:
    people.looking = viewer
    text = (await browser.get(f"/models/{model}")).text
    deeds = ("edit", "verify", "delete", "restore", "purge")
    assert {deed for deed in deeds if f'action="/pages/models/{deed}/{model}"' in text} == buttons


@pytest.mark.parametrize(("viewer", "number"), [(MEMBER, 0), (ADMIN, 2)])
async def test_the_trash_is_emptied_by_administrators(
    browser: httpx2.AsyncClient, people: FakePeople, source: FakeSource, viewer: Viewer, number: int
) -> None:
    people.looking = viewer
    assert (await browser.get("/?status=deleted")).text.count("/pages/models/") == number


async def test_a_name_is_asked_for_only_where_nobody_knows_it(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    assert 'id="pull-username"' in (await browser.get("/")).text
    people.looking = MEMBER
    assert 'id="pull-username"' not in (await browser.get("/")).text


async def test_when_nobody_can_be_known_the_page_says_why(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    away: SteelyardError = Unavailable("The database is away.")
    people.unknown = away
    answer = await browser.get("/")
    assert answer.status_code == 503
    assert "The database is away." in answer.text
    assert "Pull a model" not in answer.text
