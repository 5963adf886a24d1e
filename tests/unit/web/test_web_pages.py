"""The page and its forms, with and without JavaScript."""

import httpx2
import pytest

from steelyard.core.errors import Forbidden, TooManyRequests, Unavailable
from steelyard.testing.pages import FakeSource, fake_job, fake_model
from steelyard.web.shelf import Overview

HTMX = {"HX-Request": "true"}


async def test_the_page_shows_the_shelf(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.totals = Overview(48, 1_340_000_000_000, 660_000_000_000, 23, 18_402, 5, [])
    source.shelf, source.jobs = [fake_model("Qwen/Qwen3-32B")], [fake_job("gpt2")]
    answer = await browser.get("/")
    assert answer.status_code == 200
    for text in ("18,402", "660 GB free", "Qwen/Qwen3-32B", "64.2 GB", "1 min 52 s left", 'value="42.0"'):
        assert text in answer.text


async def test_an_empty_depot_says_what_to_do(browser: httpx2.AsyncClient) -> None:
    text = (await browser.get("/")).text
    for sentence in ("Nothing is on its way.", "The shelf is empty.", "Nothing has happened yet."):
        assert sentence in text


async def test_search_finds_and_the_stream_follows(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("Qwen/Qwen3-32B"), fake_model("gpt2")]
    text = (await browser.get("/?q=qwen")).text
    assert "Qwen/Qwen3-32B" in text
    assert ">gpt2<" not in text
    assert 'hx-sse:connect="/live?q=qwen"' in text
    assert "No model on the shelf matches “mistral”" in (await browser.get("/?q=mistral")).text


async def test_search_while_typing_changes_the_stream_and_then_the_library(
    prefixed: httpx2.AsyncClient, source: FakeSource
) -> None:
    source.shelf = [fake_model("Qwen/Qwen3-32B"), fake_model("gpt2")]
    text = (await prefixed.get("/?q=qwen+", headers=HTMX)).text
    stream, library = text.index('hx-target="#stream" hx-swap="innerHTML"'), text.index('hx-target="#library"')
    assert stream < text.index('hx-sse:connect="/depot/live?q=qwen"') < library < text.index("1 model found")
    assert "<html" not in text
    assert text.count("<hx-partial") == 2
    assert (await prefixed.get("/?offset=x", headers=HTMX)).status_code == 422


async def test_a_model_leads_to_all_about_it(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("datasets/org/a b", status="quarantined")]
    text = (await prefixed.get("/")).text
    assert 'href="/depot/api/models/datasets/org/a%20b"' in text
    assert text.count("an administrator must allow them") == 2


async def test_a_job_whose_hub_does_not_answer_is_told_calmly(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.jobs = [fake_job(error="The hub does not answer.", hint="It tries on.", bytes_per_second=None)]
    text = (await browser.get("/")).text
    assert '<div class="reason warn">\n      <p>The hub does not answer.</p>' in text
    assert ">still trying</span>" in text
    assert "left</span>" not in text


async def test_long_shelves_have_pages(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model(f"team/m{number}") for number in range(60)]
    middle = (await browser.get("/?offset=25")).text
    assert 'rel="next" href="/?offset=50#library"' in middle
    assert 'rel="prev" href="/#library"' in middle
    assert "The shelf ends before this page." in (await browser.get("/?offset=500")).text


async def test_programs_get_the_line_they_look_for(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/", headers={"Accept": "*/*"})).text == "Ollama is running"
    assert (await browser.head("/", headers={"Accept": "*/*"})).status_code == 200


async def test_an_address_that_cannot_be(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/?offset=-1")
    assert answer.status_code == 422
    assert "There is no such page" in answer.text
    assert (await browser.get("/live?offset=-1")).status_code == 422


async def test_a_depot_that_is_away(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.broken = Unavailable("The database is away.", hint="It comes back by itself.", retry_after=3.6)
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "4")
    assert "It comes back by itself." in answer.text


async def test_a_pull_without_javascript(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    form = {"model": " org/name ", "revision": "", "username": "ines"}
    answer = await prefixed.post("/pages/pull", data=form)
    assert source.calls == [("pull", "org/name", None, "ines")]
    assert answer.status_code == 303
    assert answer.headers["location"] == "/depot/?notice=queued&model=org%2Fname#pull-answer"
    page = await prefixed.get(answer.headers["location"].removeprefix("/depot"))
    assert "org/name is on its way." in page.text


async def test_a_refused_pull_without_javascript(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.refuse = Forbidden("Its licence is not accepted.", hint="Accept it on the hub.")
    answer = await browser.post("/pages/pull", data={"model": "org/gated", "revision": "v1", "username": "ines"})
    assert answer.status_code == 403
    for text in ("Its licence is not accepted.", "Accept it on the hub.", 'value="org/gated"', 'value="v1"', "<h2"):
        assert text in answer.text
    assert 'aria-invalid="true" autofocus' in answer.text


async def test_a_pull_with_htmx(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.status = "succeeded"
    answer = await browser.post(
        "/pages/pull", data={"model": "gpt2", "revision": "v2", "username": "leo"}, headers=HTMX
    )
    assert source.calls == [("pull", "gpt2", "v2", "leo")]
    assert answer.status_code == 200
    assert '<hx-partial hx-target="#pull-answer"' in answer.text
    assert "gpt2 is already on the shelf." in answer.text
    assert 'value="leo"' in answer.text
    assert 'value="gpt2"' not in answer.text


async def test_a_refused_pull_with_htmx(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.refuse = TooManyRequests("It failed a moment ago.", hint="Try again in 30 s.", retry_after=30)
    answer = await browser.post("/pages/pull", data={"model": "gpt2"}, headers=HTMX)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    for text in (
        "It failed a moment ago.",
        "Try again in 30 s.",
        'value="gpt2"',
        'role="alert"',
        'aria-invalid="true"',
    ):
        assert text in answer.text


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry"])
async def test_buttons_act_on_a_job(browser: httpx2.AsyncClient, source: FakeSource, action: str) -> None:
    source.jobs = [fake_job("gpt2", id="j1")]
    plain = await browser.post(f"/pages/jobs/j1/{action}")
    live = await browser.post(f"/pages/jobs/j1/{action}", headers=HTMX)
    assert source.calls == [(action, "j1"), (action, "j1")]
    assert (plain.status_code, plain.headers["location"]) == (303, f"/?notice={action}&model=gpt2#jobs-answer")
    assert '<hx-partial hx-target="#jobs-answer"' in live.text
    assert "gpt2" in live.text


async def test_buttons_for_what_is_not_there(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    gone = await browser.post("/pages/jobs/j1/cancel", headers=HTMX)
    assert gone.status_code == 404
    assert "List them with GET /jobs." in gone.text
    assert (await browser.post("/pages/jobs/j1/explode")).status_code == 404
    assert source.calls == [("cancel", "j1")]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"model": "gpt2"}', "application/json"),
        (b"model=gpt2", "multipart/form-data; boundary=x"),
        (b"model=" + b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"model=%FF%FE", "application/x-www-form-urlencoded"),
        (b"model=\xff", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(
    browser: httpx2.AsyncClient, source: FakeSource, body: bytes, media_type: str
) -> None:
    answer = await browser.post("/pages/pull", content=body, headers={"Content-Type": media_type, **HTMX})
    assert answer.status_code == 400
    assert source.calls == []


async def test_a_refused_pull_while_the_depot_is_away(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.refuse = source.broken = Unavailable("The database is away.")
    answer = await browser.post("/pages/pull", data={"model": "gpt2"})
    assert answer.status_code == 503
    assert "Back to the library" in answer.text
