"""The insights page: its charts say in words what they draw, and its numbers those of the API."""

import httpx2
import pytest

from steelyard.core.errors import Invalid, Unavailable
from steelyard.testing.insights import fake_insights
from steelyard.testing.pages import FakeSource, fake_model


@pytest.fixture
def used(source: FakeSource) -> FakeSource:
    """A depot whose two models were used today, by one person."""
    source.numbers = fake_insights(uses=40, models=2)
    return source


async def test_the_page_says_all_about_the_last_days(prefixed: httpx2.AsyncClient, used: FakeSource) -> None:
    text = (await prefixed.get("/insights?tz=Asia/Kathmandu&days=90")).text
    assert used.calls == [("insights", 90, "Asia/Kathmandu")]
    for words in (
        "<title>Insights · Steelyard</title>", "<strong>40</strong>", "40.0 a day, rising", "<strong>90.0 %</strong>",
        "between 80.0 % and 95.0 %", "412 ms", "95 % within 3.1 s, 99 % within 2.5 min",
        "12 Mar: 40 uses, 4 of them failed",
        "Busiest on Thursday at 09:00", 'title="Thursday, 09:00: 40 uses"', 'title="ines, org/model-1: 40 uses"',
        'href="/depot/models/org/model-0"', "40.0 GB now", "<strong>5.00 EUR</strong>", "12.3 k tokens, 2.0 MB",
        'hx-sse:connect="/depot/live/insights?days=90&amp;tz=Asia%2FKathmandu"', 'href="/depot/api/v1/stats"',
        '<option value="90" selected>last 90 days</option>', 'value="Asia/Kathmandu"',
    ):  # fmt: skip
        assert words in text


async def test_every_chart_has_its_numbers_as_a_table(browser: httpx2.AsyncClient, used: FakeSource) -> None:
    text = (await browser.get("/insights")).text
    assert text.count('<svg viewBox="0 0 1000 100"') == text.count("<summary>The numbers</summary>") == 2
    assert '<td>12 Mar</td><td class="number">40</td>' in text
    assert text.count("heat-8") == 2 + 1  # the busiest hour, and both models of the only person


async def test_the_navigation_knows_the_page(browser: httpx2.AsyncClient, used: FakeSource) -> None:
    text = (await browser.get("/insights")).text
    assert '<a href="/insights" aria-current="page">Insights</a>' in text


async def test_nothing_used_says_what_a_use_is(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    answer = await browser.get("/insights")
    assert answer.status_code == 200
    assert "Nobody has used a model in this time." in answer.text
    assert "The store is empty." in answer.text
    assert "<svg viewBox" not in answer.text.partition('id="figures"')[2].replace('viewBox="0 0 24', "")


async def test_what_cannot_be_shown_is_said(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    assert (await browser.get("/insights?days=8")).status_code == 422
    source.refuse = Invalid("There is no time zone 'Mars'.", hint="UTC is one.")
    answer = await browser.get("/insights?tz=Mars")
    assert (answer.status_code, "no time zone &#39;Mars&#39;" in answer.text) == (422, True)
    source.refuse = Unavailable("The database is away.")
    assert (await browser.get("/insights")).status_code == 503


async def test_a_model_shows_how_it_is_used(browser: httpx2.AsyncClient, used: FakeSource) -> None:
    assert used.numbers is not None
    used.shelf, used.usage = [fake_model("org/name")], dict(used.numbers.system)
    text = (await browser.get("/models/org/name")).text
    for words in (
        'id="usage-title">How it is used</h2>', "12 Mar: 40 uses, 4 of them failed", "<dt>steps</dt><dd>30 (40)</dd>",
        'queue-full <span class="quiet">2</span>', 'ines <span class="quiet">40</span>', "90.0 %",
    ):  # fmt: skip
        assert words in text
    used.usage = None
    assert "Nobody has used it in the last 30 days." in (await browser.get("/models/org/name")).text
