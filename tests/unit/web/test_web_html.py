"""The markup itself: a strict policy, the prefix everywhere, hostile text harmless."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from steelyard.core.errors import Unavailable
from steelyard.testing.pages import FakeSource, fake_job, fake_loaded, fake_model, fake_request
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
    source.shelf = [hostile_model(HOSTILE, HOSTILE), hostile_model(HOSTILE, "deleted")]
    source.shelf += [fake_model(f"org/m{number}") for number in range(60)]
    names = dict.fromkeys(
        ("username", "vpn_ip", "error", "hint", "revision", "identified_by", "album_directory"), HOSTILE
    )
    source.requests = [
        fake_request(model, status, task_id=f"{number} {HOSTILE}", artist=HOSTILE, job_id=job, **names)
        for number, (model, status, job) in enumerate(
            [
                (HOSTILE, HOSTILE, HOSTILE),
                (HOSTILE, "failed", HOSTILE),
                (HOSTILE, "failed", None),
                (None, "failed", None),
            ]
        )
    ]
    source.loaded = [fake_loaded(HOSTILE, engine=HOSTILE, in_flight=1), fake_loaded("org/pet")]
    source.waiting = {HOSTILE: 1}
    source.engines = [{"name": HOSTILE, "usable": False, "reason": HOSTILE, "hint": HOSTILE}]
    source.findings = [{"problem": HOSTILE, "path": HOSTILE, "detail": HOSTILE, "hint": HOSTILE, "found_at": None}]
    return source


def hostile_model(model: str, status: str) -> dict[str, Any]:
    """A model whose every text is meant to break out of its place."""
    texts = ("name", "description", "format", "architecture", "quantization", "license", "source", "owner", "revision")
    file = {"path": HOSTILE, "size": 1, "sha256": HOSTILE, "git_sha1": None, "state": HOSTILE}
    lists = {"tags": [HOSTILE], "aliases": [HOSTILE], "revisions": [HOSTILE, "b"], "problems": [HOSTILE]}
    variant = {"name": HOSTILE, "size_bytes": 1, "default": True}
    stats = {"first_downloaded_by": HOSTILE, "first_downloaded_from": HOSTILE}
    return fake_model(
        model, status=status, pinned=True, files=[file], variants=[variant], stats=stats, deleted_by=HOSTILE,
        **dict.fromkeys(texts, HOSTILE), **lists,
    )  # fmt: skip


async def pages(client: httpx2.AsyncClient, source: FakeSource) -> list[httpx2.Response]:
    """Every page that there is, errors too."""
    model, nobody = quote(HOSTILE), quote(f"nobody{HOSTILE}")
    paths = ["", "?offset=25", "?q=script", f"?pull={model}", "?status=deleted", "?offset=x", "downloads"]
    paths += ["downloads?username=x", f"models/{model}", f"models/{nobody}", "running", f"chat?model={model}"]
    answers = [await client.get(f"/{path}") for path in paths]
    form = {"model": HOSTILE, "username": HOSTILE}
    answers.append(await client.post("/pages/pull", data=form, headers={"HX-Request": "true"}))
    source.refuse = Unavailable(HOSTILE, hint=HOSTILE, retry_after=2.4)
    answers.append(await client.post("/pages/pull", data=form))
    answers.append(await client.post("/pages/jobs/x/cancel", data={"back": HOSTILE}, headers={"HX-Request": "true"}))
    answers.append(await client.post(f"/pages/models/edit/{model}", data={"name": HOSTILE, "description": HOSTILE}))
    answers.append(await client.post(f"/pages/models/delete/{model}", data=form))
    statuses = [200, 200, 200, 200, 200, 422, 200, 200, 200, 404, 200, 200, 200, 503, 503, 503, 503]
    assert [answer.status_code for answer in answers] == statuses
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
    for answer in await pages(browser, full):
        markup = Markup(answer.text)
        ids = markup.values("id")
        assert len(ids) == len(set(ids))
        if "<html" in answer.text:
            named = " ".join(markup.values("for", "aria-labelledby", "aria-describedby", "form", "list")).split()
            assert {name for name in named if "/" not in name} <= set(" ".join(ids).split())


async def test_every_static_file_on_the_page_is_there(prefixed: httpx2.AsyncClient) -> None:
    addresses = [value for value in Markup((await prefixed.get("/")).text).values("href", "src") if "/static/" in value]
    assert len(addresses) == 5
    for address in addresses:
        assert (await prefixed.get(address.removeprefix("/depot"))).status_code == 200


async def test_every_page_can_be_read_aloud(browser: httpx2.AsyncClient, full: FakeSource) -> None:
    for answer in [one for one in await pages(browser, full) if "<html" in one.text]:
        tags = Markup(answer.text).tags
        assert [attrs["lang"] for tag, attrs in tags if tag == "html"] == ["en"]
        assert {attrs["scope"] for tag, attrs in tags if tag == "th"} <= {"col", "row"}
        assert all(attrs.get("aria-labelledby") for tag, attrs in tags if tag in ("progress", "table"))
        assert all(attrs.get("datetime") for tag, attrs in tags if tag == "time")
        order = [tag for tag, _ in tags if tag in ("h1", "main", "header", "footer")]
        assert order == ["header", "main", "h1", "footer"]
        assert sum(tag == "caption" for tag, _ in tags) == sum(tag == "table" for tag, _ in tags)


async def test_every_page_has_a_title_of_its_own(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.shelf = [fake_model("org/name")]
    texts = [(await browser.get(path)).text for path in ("/", "/downloads", "/models/org/name", "/models/a/b")]
    texts += [(await browser.get(path)).text for path in ("/running", "/chat")]
    titles = [text.partition("<title>")[2].partition("</title>")[0] for text in texts]
    assert titles == [
        "Library · Steelyard",
        "Downloads · Steelyard",
        "org/name · Steelyard",
        "Not on the shelf · Steelyard",
        "Running models · Steelyard",
        "Chat · Steelyard",
    ]
