"""The form that asks for a model, with and without JavaScript."""

import httpx2
import pytest

from steelyard.core.errors import Forbidden, TooManyRequests, Unavailable
from steelyard.testing.pages import FakeSource
from steelyard.web.forms import PullForm

HTMX = {"HX-Request": "true"}


async def test_a_pull_without_javascript(prefixed: httpx2.AsyncClient, source: FakeSource) -> None:
    form = {"model": " org/name ", "revision": "", "include": "*.json, *.gguf", "username": "ines"}
    answer = await prefixed.post("/pages/pull", data=form)
    assert source.calls == [("pull", PullForm("org/name", include="*.json, *.gguf", username="ines"))]
    assert answer.status_code == 303
    assert answer.headers["location"] == "/depot/?notice=queued&model=org%2Fname#pull-answer"
    page = await prefixed.get(answer.headers["location"].removeprefix("/depot"))
    assert "org/name is on its way." in page.text


async def test_a_refused_pull_without_javascript(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.refuse = Forbidden("Its licence is not accepted.", hint="Accept it on the hub.")
    form = {"model": "org/gated", "revision": "v1", "exclude": "*.bin", "username": "ines"}
    answer = await browser.post("/pages/pull", data=form)
    assert answer.status_code == 403
    for text in ("Its licence is not accepted.", "Accept it on the hub.", "<h2", "<details open>"):
        assert text in answer.text
    for value in form.values():
        assert f'value="{value}"' in answer.text
    assert 'aria-invalid="true" autofocus' in answer.text


async def test_a_pull_with_htmx(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.status = "succeeded"
    form = {"model": "gpt2", "revision": "v2", "username": "leo"}
    answer = await browser.post("/pages/pull", data=form, headers=HTMX)
    assert source.calls == [("pull", PullForm("gpt2", "v2", username="leo"))]
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


async def test_a_refused_pull_while_the_depot_is_away(browser: httpx2.AsyncClient, source: FakeSource) -> None:
    source.refuse = source.broken = Unavailable("The database is away.")
    answer = await browser.post("/pages/pull", data={"model": "gpt2"})
    assert answer.status_code == 503
    assert "Back to the library" in answer.text


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"model": "gpt2"}', "application/json"),
        (b"model=gpt2", "multipart/form-data; boundary=x"),
        (b"model=" + b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"model=%FF%FE", "application/x-www-form-urlencoded"),
        (b"model=\xff", "application/x-www-form-urlencoded"),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize("path", ["/pages/pull", "/pages/models/edit/org/name", "/pages/models/delete/org/name"])
async def test_what_is_no_form_of_ours_is_refused(
    browser: httpx2.AsyncClient, source: FakeSource, path: str, body: bytes, media_type: str
) -> None:
    answer = await browser.post(path, content=body, headers={"Content-Type": media_type, **HTMX})
    assert answer.status_code == 400
    assert source.calls == []
