"""The buttons of a job."""

import httpx2
import pytest

from steelyard.core.errors import Conflict
from steelyard.testing.pages import FakeSource, fake_job

HTMX = {"HX-Request": "true"}
PRESS = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("action", ["cancel", "pause", "resume", "retry"])
async def test_buttons_act_on_a_job(browser: httpx2.AsyncClient, source: FakeSource, action: str) -> None:
    source.jobs = [fake_job("gpt2", id="j1")]
    plain = await browser.post(f"/pages/jobs/j1/{action}", headers=PRESS)
    live = await browser.post(f"/pages/jobs/j1/{action}", headers=PRESS | HTMX)
    assert source.calls == [(action, "j1"), (action, "j1")]
    assert (plain.status_code, plain.headers["location"]) == (303, f"/?notice={action}&model=gpt2#jobs-answer")
    assert '<hx-partial hx-target="#jobs-answer"' in live.text
    assert "gpt2" in live.text


@pytest.mark.parametrize(
    ("back", "path"),
    [("downloads", "/downloads"), ("model", "/models/org/name"), ("library", "/"), ("https://evil.example", "/")],
)
async def test_a_button_leads_back_to_where_it_stands(
    prefixed: httpx2.AsyncClient, source: FakeSource, back: str, path: str
) -> None:
    source.jobs = [fake_job("org/name", id="j1")]
    answer = await prefixed.post("/pages/jobs/j1/pause", data={"back": back})
    assert answer.headers["location"] == f"/depot{path}?notice=pause&model=org%2Fname#jobs-answer"


async def test_buttons_for_what_is_not_there(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    gone = await browser.post("/pages/jobs/j1/cancel", headers=PRESS | HTMX)
    assert gone.status_code == 404
    assert "List them with GET /jobs." in gone.text
    assert (await browser.post("/pages/jobs/j1/explode", headers=PRESS)).status_code == 404
    assert source.calls == [("cancel", "j1")]


async def test_a_refusal_without_javascript_is_a_page(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.refuse = Conflict("It has ended.", hint="Ask again.")
    answer = await browser.post("/pages/jobs/j1/pause", headers=PRESS)
    assert answer.status_code == 409
    assert "It has ended." in answer.text
    assert "Ask again." in answer.text
