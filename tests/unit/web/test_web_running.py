"""The page of running models, the card on the library, and the button that lets a model go."""

import httpx2
import pytest

from steelyard.core.errors import NotFound, Unavailable
from steelyard.testing.pages import FakeSource, fake_loaded
from steelyard.testing.people_pages import GUEST, MEMBER, FakePeople

ENGINES = [
    {"name": "llamacpp", "usable": True, "reason": None, "hint": None},
    {"name": "vllm", "usable": False, "reason": "no program is set", "hint": "Set engines.vllm."},
]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def busy(source: FakeSource) -> FakeSource:
    """A depot with two models in memory, one of them in use, and somebody who waits."""
    source.loaded = [
        fake_loaded("org/name:Q4_K_M", in_flight=2),
        fake_loaded("org/pet", pinned=True, expires_at=None, size_bytes=2_600_000_000),
    ]
    source.waiting, source.engines = {"org/other": 3}, ENGINES
    return source


async def test_the_page_says_all_about_them(prefixed: httpx2.AsyncClient, busy: FakeSource) -> None:
    busy.most = 3
    text = (await prefixed.get("/running")).text
    for words in (
        "<title>Running models · Steelyard</title>", "46.7 GB of 76.0 GB", "2 models · 3 models at most",
        'href="/depot/models/org/name%3AQ4_K_M"', "llama.cpp", "4,096 tokens", "2 requests", "1 h ago",
        "stays while it is used", "pinned", "3 requests wait for org/other", "no program is set",
        "Next step: Set engines.vllm.", 'hx-sse:connect="/depot/live/running"',
        'href="/depot/chat?model=org/pet"', 'href="/depot/api/v1/engines/loaded"',
    ):  # fmt: skip
        assert words in text


async def test_the_navigation_knows_the_page(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    text = (await browser.get("/running")).text
    assert '<a href="/running" aria-current="page">Running</a>' in text
    assert text.count("aria-current=") == 1


async def test_only_what_chats_leads_to_a_chat(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    busy.loaded = [fake_loaded("org/pet"), fake_loaded("org/pet", task="embed")]
    text = (await browser.get("/running")).text
    assert text.count('href="/chat?model=org/pet"') == 1
    assert 'data-label="Task">embeddings</td>' in text


async def test_only_a_model_in_use_is_asked_about_twice(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    text = (await browser.get("/running")).text
    assert text.count("hx-confirm=") == 1
    assert 'hx-confirm="2 requests of org/name:Q4_K_M go on' in text


async def test_nothing_in_memory_says_how_to_begin(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    text = (await prefixed.get("/running")).text
    assert "No model is in memory." in text
    assert "curl -s http://127.0.0.1/depot/chat" in text
    assert "Authorization" not in text
    assert "<table" not in text


async def test_memory_that_others_take_is_told(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    busy.used = 50_000_000_000
    assert "3.3 GB of it by models that you do not see" in (await browser.get("/running")).text


async def test_a_model_is_unloaded(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    answer = await browser.post("/pages/running/unload", data={"model": "org/pet"})
    assert busy.calls == [("unload", "org/pet")]
    assert answer.status_code == 303
    assert answer.headers["location"] == "/running?notice=unload&model=org%2Fpet#running-answer"
    assert "org/pet leaves memory" in (await browser.get(answer.headers["location"])).text


async def test_scripts_get_the_notice_alone(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    answers = [await browser.post("/pages/running/unload", data={"model": "org/pet"}, headers=HTMX) for _ in range(2)]
    assert ["leaves memory" in answer.text for answer in answers] == [True, False]
    assert "was not in memory any more" in answers[1].text
    assert all('hx-target="#running-answer"' in answer.text for answer in answers)


@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_a_refusal_says_what_to_do(
    browser: httpx2.AsyncClient, busy: FakeSource, headers: dict[str, str]
) -> None:
    busy.refuse = NotFound("It is not here.", hint="Look again.")
    answer = await browser.post("/pages/running/unload", data={"model": "x"}, headers=headers)
    assert answer.status_code == 404
    assert "It is not here." in answer.text
    assert "Look again." in answer.text
    assert ("<html" in answer.text) is not bool(headers)


async def test_a_depot_in_trouble_is_a_page(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    busy.broken = Unavailable("The database is away.", retry_after=1)
    for method, path in (("GET", "/running"), ("GET", "/chat")):
        answer = await browser.request(method, path)
        assert answer.status_code == 503
        assert "The database is away." in answer.text


async def test_what_the_api_refuses_is_not_offered(
    browser: httpx2.AsyncClient, busy: FakeSource, people: FakePeople
) -> None:
    people.looking = GUEST
    for path in ("/running", "/"):
        text = (await browser.get(path)).text
        assert "org/pet" in text
        for button in ("/pages/running/unload", "/chat"):
            assert button not in text
    busy.loaded = []
    assert "curl" not in (await browser.get("/running")).text
    people.looking = MEMBER
    text = (await browser.get("/running")).text
    assert 'href="/chat"' in text
    assert '-H "Authorization: Bearer $STEELYARD_TOKEN" \\' in text


async def test_the_library_shows_what_runs(browser: httpx2.AsyncClient, busy: FakeSource) -> None:
    text = (await browser.get("/")).text
    card = text.partition('id="running"')[2].partition("</section>")[0]
    for words in ("Running now", "org/name:Q4_K_M", "2 requests", "pinned", "46.7 GB of 76.0 GB", 'href="/running"'):
        assert words in card
    assert "3 requests wait for org/other" in card
    busy.loaded = []
    assert "No model is in memory." in (await browser.get("/")).text
