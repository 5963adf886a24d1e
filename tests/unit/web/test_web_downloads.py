"""The downloads: live jobs, and the history with its filters."""

import httpx2

from steelyard.testing.pages import FakeSource, fake_job, fake_request


async def test_jobs_and_history_stand_on_one_page(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.jobs, source.requests = [fake_job("gpt2")], [fake_request("org/name")]
    text = (await browser.get("/downloads")).text
    for words in ("1 coming in", "for ines and leo", 'value="42.0"', "1 request", "64.2 GB", "42 s", "3 min ago"):
        assert words in text
    assert 'hx-sse:connect="/live/downloads"' in text
    assert '<a href="/downloads" aria-current="page">Downloads</a>' in text
    assert '<input type="hidden" name="back" value="downloads">' in text


async def test_a_failure_says_why_and_can_be_tried_again(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    told = {"error": "The hub is gone.", "hint": "Wait."}
    source.requests = [
        fake_request("org/name", "failed", **told),
        fake_request("org/gated", "failed", job_id=None, **told),
    ]
    text = (await browser.get("/downloads")).text
    assert text.count("The hub is gone.") == text.count("Wait.") == 2
    assert text.count('action="/pages/jobs/0198-job/retry"') == 1
    assert f'href="/?pull=org/gated%40{"b" * 40}#pull-model"' in text


async def test_the_address_holds_every_filter(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    source.requests = [fake_request("org/a"), fake_request("org/b", username="leo")]
    query = "username=leo&ip=100.64.0.7&status=completed&since=2026-03-01&until=2026-03-12"
    text = (await prefixed.get(f"/downloads?{query}")).text
    assert "org/b" in text
    assert "org/a" not in text
    kept = "/depot/live/downloads?username=leo&amp;ip=100.64.0.7&amp;status=completed&amp;since=2026-03-01&amp;until="
    assert f'hx-sse:connect="{kept}2026-03-12"' in text
    times = "since=2026-03-01T00%3A00%3A00.000Z&amp;until=2026-03-13T00%3A00%3A00.000Z"
    api = f"/depot/api/v1/downloads/history?username=leo&amp;ip=100.64.0.7&amp;status=completed&amp;{times}"
    assert f'<a href="{api}">These requests as JSON</a>' in text
    for form in ("csv", "json", "ndjson"):
        assert f'<a href="{api}&amp;format={form}">{form.upper()}</a>' in text
    assert '<option value="completed" selected>done</option>' in text
    assert 'type="date" value="2026-03-12"' in text


async def test_long_histories_have_pages(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.requests = [fake_request(task_id=f"t{number}") for number in range(60)]
    text = (await browser.get("/downloads?offset=25")).text
    assert "26–50 of 60 requests" in text
    assert 'rel="next" href="/downloads?offset=50#history"' in text
    assert 'rel="prev" href="/downloads#history"' in text
    assert "The history ends before this page." in (await browser.get("/downloads?offset=99")).text


async def test_empty_histories_say_what_to_do(browser: httpx2.AsyncClient) -> None:
    assert "Nobody has asked for anything yet." in (await browser.get("/downloads")).text
    assert "Nobody has asked for anything like this." in (await browser.get("/downloads?username=x")).text


async def test_a_notice_narrows_nothing(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.requests = [fake_request("org/a"), fake_request("org/b")]
    text = (await browser.get("/downloads?notice=pause&model=org/a")).text
    assert "Paused: org/a." in text
    assert "2 requests" in text


async def test_an_address_that_cannot_be(browser: httpx2.AsyncClient) -> None:
    for query in ("since=yesterday", "until=9999-12-31", "status=lost", "offset=-1"):
        assert (await browser.get(f"/downloads?{query}")).status_code == 422
        assert (await browser.get(f"/live/downloads?{query}")).status_code == 422
