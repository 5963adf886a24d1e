"""The markup itself: a strict policy, the prefix everywhere, hostile text harmless."""

from html.parser import HTMLParser

import httpx2
import pytest

from steelyard.core.errors import Unavailable
from steelyard.testing.pages import FakeSource, fake_job, fake_model
from steelyard.web.shelf import Overview

HOSTILE = "<script>alert('\"1')</script><hx-partial hx-target='body'>"
ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-sse:connect")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Markup(HTMLParser):
    """All start tags with their attributes, and the text between ``<script>`` and ``<style>`` tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._open: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        self._open = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag."""
        self._open = None

    def handle_data(self, data: str) -> None:
        """Keep code within the page."""
        if self._open and data.strip():
            self.inline.append(data)

    def values(self, *names: str) -> list[str]:
        """The values of these attributes, anywhere."""
        return [value or "" for _, attrs in self.tags for name, value in attrs.items() if name in names]


@pytest.fixture
def full(source: FakeSource) -> FakeSource:
    """A depot with one of everything, named to hurt."""
    line = {"timestamp": None, "action": HOSTILE, "model": HOSTILE, "username": HOSTILE}
    source.totals = Overview(60, 1, 1, 1, 1, 1, [line])
    statuses = ("running", "queued", "paused", "failed")
    source.jobs = [
        fake_job(HOSTILE, status, id=f"{status}/../x y", error=HOSTILE, hint=HOSTILE, waiting=[HOSTILE])
        for status in statuses
    ]
    source.shelf = [fake_model(HOSTILE, format=HOSTILE, status=HOSTILE, pinned=True) for _ in range(60)]
    return source


async def pages(client: httpx2.AsyncClient, source: FakeSource) -> list[httpx2.Response]:
    """Every page that there is, errors too."""
    answers = [await client.get(f"/{path}") for path in ("", "?offset=25", "?q=script", "?offset=x")]
    form = {"model": HOSTILE, "username": HOSTILE}
    answers.append(await client.post("/pages/pull", data=form, headers={"HX-Request": "true"}))
    source.refuse = Unavailable(HOSTILE, hint=HOSTILE, retry_after=2.4)
    answers.append(await client.post("/pages/pull", data=form))
    answers.append(await client.post("/pages/jobs/x/cancel", headers={"HX-Request": "true"}))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 422, 200, 503, 503]
    return answers


async def test_every_page_is_guarded(browser: httpx2.AsyncClient, full: FakeSource) -> None:
    for answer in await pages(browser, full):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_no_page_holds_code_or_style(browser: httpx2.AsyncClient, full: FakeSource) -> None:
    for answer in await pages(browser, full):
        markup = Markup(answer.text)
        assert markup.inline == []
        names = {name for _, attrs in markup.tags for name in attrs}
        assert not {name for name in names if name == "style" or name.startswith(("on", "hx-on"))}
        assert not [value for value in markup.values(*ADDRESSES) if value.lower().startswith("javascript:")]


async def test_hostile_text_stays_text(browser: httpx2.AsyncClient, full: FakeSource) -> None:
    for answer in await pages(browser, full):
        assert "<script>alert" not in answer.text
        assert "<hx-partial hx-target='body'" not in answer.text


async def test_every_address_has_the_prefix(prefixed: httpx2.AsyncClient, full: FakeSource) -> None:
    for answer in await pages(prefixed, full):
        addresses = Markup(answer.text).values(*ADDRESSES)
        assert not [value for value in addresses if not value.startswith(("/depot/", "#"))]
    assert len(Markup((await prefixed.get("/")).text).values(*ADDRESSES)) > 20


async def test_ids_are_unique_and_labels_lead_somewhere(browser: httpx2.AsyncClient, full: FakeSource) -> None:
    markup = Markup((await browser.get("/")).text)
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    named = " ".join(markup.values("for", "aria-labelledby", "aria-describedby")).split()
    assert {name for name in named if " " not in name} <= set(" ".join(ids).split())


async def test_every_static_file_on_the_page_is_there(prefixed: httpx2.AsyncClient) -> None:
    addresses = [value for value in Markup((await prefixed.get("/")).text).values("href", "src") if "/static/" in value]
    assert len(addresses) == 5
    for address in addresses:
        assert (await prefixed.get(address.removeprefix("/depot"))).status_code == 200


async def test_the_page_can_be_read_aloud(browser: httpx2.AsyncClient, full: FakeSource) -> None:
    tags = Markup((await browser.get("/")).text).tags
    assert [attrs["lang"] for tag, attrs in tags if tag == "html"] == ["en"]
    assert {attrs["scope"] for tag, attrs in tags if tag == "th"} == {"col", "row"}
    assert all(attrs.get("aria-labelledby") for tag, attrs in tags if tag == "progress")
    assert all(attrs.get("datetime") for tag, attrs in tags if tag == "time")
    assert [tag for tag, _ in tags if tag in ("h1", "main", "header", "footer")] == ["header", "main", "h1", "footer"]
