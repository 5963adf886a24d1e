"""The library: what it shows, how it is searched, and that its address says it all."""

import httpx2

from steelyard.core.errors import Unavailable
from steelyard.testing.pages import FakeSource, fake_job, fake_model
from steelyard.web.shelf import Overview

HTMX = {"HX-Request": "true"}


async def test_the_page_shows_the_shelf(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.totals = Overview(48, 1_340_000_000_000, 660_000_000_000, 23, 18_402, 5, [])
    source.shelf, source.jobs = [fake_model("Qwen/Qwen3-32B")], [fake_job("gpt2")]
    answer = await browser.get("/")
    assert answer.status_code == 200
    for text in ("18,402 calls", "660 GB free", "Qwen/Qwen3-32B", "64.2 GB", "1 min 52 s left", 'value="42.0"'):
        assert text in answer.text


async def test_an_empty_depot_says_what_to_do(browser: httpx2.AsyncClient) -> None:
    text = (await browser.get("/")).text
    for sentence in ("Nothing is on its way.", "The shelf is empty.", "Nothing has happened yet."):
        assert sentence in text


async def test_every_number_leads_to_the_list_behind_it(prefixed: httpx2.AsyncClient) -> None:
    text = (await prefixed.get("/")).text
    for path in ("/#library", "/?sort=size#library", "/downloads#history", "/downloads?status=completed#history"):
        assert f'<dd><a href="/depot{path}">' in text


async def test_search_finds_and_the_stream_follows(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("Qwen/Qwen3-32B"), fake_model("gpt2")]
    text = (await browser.get("/?q=qwen")).text
    assert "Qwen/Qwen3-32B" in text
    assert ">gpt2<" not in text
    assert 'hx-sse:connect="/live?q=qwen"' in text
    text = (await browser.get("/?q=mistral")).text
    assert "No model here matches “mistral”" in text
    assert 'href="/?pull=mistral#pull-model"' in text


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


async def test_the_address_holds_every_filter(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [
        fake_model("a/mine", format="gguf", owner="ada"),
        fake_model("b/theirs", format="gguf", owner="leo"),
        fake_model("c/other"),
    ]
    text = (await browser.get("/?format=gguf&owner=ada&sort=size")).text
    assert "a/mine" in text
    assert "b/theirs" not in text
    assert "c/other" not in text
    assert '<option value="gguf" selected>gguf (2)</option>' in text
    assert 'name="owner" form="search-form" maxlength="200" list="owners" value="ada"' in text
    assert 'hx-sse:connect="/live?format=gguf&amp;owner=ada&amp;sort=size"' in text
    assert 'href="/api/models?format=gguf&amp;owner=ada&amp;sort=size"' in text


async def test_tabs_count_and_keep_what_was_searched_for(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("a/a"), fake_model("b/b", status="failed"), fake_model("c/c", status="deleted")]
    text = (await browser.get("/?status=failed&q=b")).text
    assert 'href="/?q=b&amp;status=failed#library" aria-current="true">failed <span>1</span>' in text
    assert 'href="/?q=b#library">all <span>2</span>' in text
    assert 'href="/?q=b&amp;status=deleted#library">trash <span>1</span>' in text
    assert '<input type="hidden" name="status" value="failed">' in text


async def test_the_trash_says_when_things_go_and_offers_them_back(
    prefixed: httpx2.AsyncClient, source: FakeSource
) -> None:
    times = {"deleted_at": "2026-03-11T10:00:00Z", "purge_after": "2026-03-24T10:00:00Z"}
    source.shelf = [fake_model("a/gone", status="deleted", **times), fake_model("b/here")]
    text = (await prefixed.get("/?status=deleted")).text
    assert "b/here" not in text
    for words in ("yesterday", "in 12 days", 'action="/depot/pages/models/restore/a/gone"', "Purge now"):
        assert words in text
    source.shelf = []
    assert "The trash is empty." in (await prefixed.get("/?status=deleted")).text


async def test_a_model_leads_to_all_about_it(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("datasets/org/a b", status="quarantined")]
    text = (await prefixed.get("/")).text
    assert 'href="/depot/models/datasets/org/a%20b"' in text
    assert text.count("an administrator must allow them") == 2


async def test_a_job_whose_hub_does_not_answer_is_told_calmly(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.jobs = [fake_job(error="The hub does not answer.", hint="It tries on.", bytes_per_second=None)]
    text = (await browser.get("/")).text
    assert '<div class="reason warn">\n      <p>The hub does not answer.</p>' in text
    assert ">still trying</span>" in text
    assert "left</span>" not in text


async def test_long_shelves_have_pages(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model(f"team/m{number}") for number in range(60)]
    middle = (await browser.get("/?offset=25&sort=size")).text
    assert 'rel="next" href="/?sort=size&amp;offset=50#library"' in middle
    assert 'rel="prev" href="/?sort=size#library"' in middle
    assert "The list ends before this page." in (await browser.get("/?offset=500")).text


async def test_a_link_can_fill_in_what_to_pull(browser: httpx2.AsyncClient) -> None:
    assert (
        'name="model" required maxlength="512" placeholder="org/name" value="org/x@v1"'
        in (await browser.get("/?pull=org/x@v1")).text
    )


async def test_programs_get_the_line_they_look_for(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/", headers={"Accept": "*/*"})).text == "Ollama is running"
    assert (await browser.head("/", headers={"Accept": "*/*"})).status_code == 200


async def test_an_address_that_cannot_be(browser: httpx2.AsyncClient) -> None:
    for query in ("offset=-1", "status=lost", "sort=beauty", f"q={'x' * 201}", "owner=%00"):
        answer = await browser.get(f"/?{query}")
        assert answer.status_code == 422
        assert "There is no such page" in answer.text
        assert (await browser.get(f"/live?{query}")).status_code == 422


async def test_a_depot_that_is_away(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.broken = Unavailable("The database is away.", hint="It comes back by itself.", retry_after=3.6)
    for path in ("/", "/downloads", "/models/org/name"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "4")
        assert "It comes back by itself." in answer.text
