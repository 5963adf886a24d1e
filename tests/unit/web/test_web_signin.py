"""Signing in and out, with and without JavaScript the same: plain forms and plain redirects."""

import httpx2
import pytest

from steelyard.core.errors import TooManyRequests
from steelyard.identity.accounts.errors import WrongPassword
from steelyard.testing.people_pages import COOKIE, GUEST, MEMBER, FakePeople
from steelyard.web.viewer import EVERYBODY, NOBODY

FORM = {"username": " ada ", "password": " correct horse ", "next": "/models/org/name?x=1"}


@pytest.fixture
def people() -> FakePeople:
    """Nobody has signed in."""
    return FakePeople()


async def test_a_sign_in_leads_to_where_somebody_wanted_to_go(prefixed: httpx2.AsyncClient, people: FakePeople) -> None:
    page = await prefixed.get("/login?next=/models/org/name%3Fx=1")
    assert 'value="/models/org/name?x=1"' in page.text
    answer = await prefixed.post("/pages/login", data=FORM)
    assert people.calls == [("sign-in", "ada", " correct horse ")]
    assert (answer.status_code, answer.headers["location"]) == (303, "/depot/models/org/name?x=1")
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=given; HttpOnly")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example", "https:evil"])
async def test_a_sign_in_never_leads_to_another_host(browser: httpx2.AsyncClient, wanted: str) -> None:
    answer = await browser.post("/pages/login", data={**FORM, "next": wanted})
    assert answer.headers["location"] == "/"
    assert "evil" not in (await browser.get("/login", params={"next": wanted})).text


async def test_a_wrong_password_is_said_at_the_form(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = WrongPassword("Nobody has this user name and this password.", hint="Check both.")
    answer = await browser.post("/pages/login", data=FORM)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    for text in ("Nobody has this user name", "Check both.", 'role="alert"', 'value="ada"', 'aria-invalid="true"'):
        assert text in answer.text
    assert 'aria-describedby="sign-in-answer" autofocus' in answer.text
    assert "correct horse" not in answer.text
    assert 'value="/models/org/name?x=1"' in answer.text


async def test_whoever_must_wait_is_told_how_long(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = TooManyRequests("Too many sign-ins failed.", hint="Wait as Retry-After says.", retry_after=7.2)
    answer = await browser.post("/pages/login", data=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "8")
    assert "Too many sign-ins failed. Try again in 8 s." in answer.text
    assert "Retry-After" not in answer.text


async def test_whoever_is_signed_in_is_told_so(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = MEMBER
    text = (await browser.get("/login?next=/downloads")).text
    assert "signed in as <strong>ada</strong> already" in text
    assert 'href="/downloads">Go on</a>' in text


async def test_a_guest_can_sign_in_too(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = GUEST
    text = (await browser.get("/login")).text
    assert "<strong>bob</strong> here, with the role viewer, without signing in" in text
    assert 'id="sign-in-form"' in text


@pytest.mark.parametrize("path", ["/login", "/setup", "/account"])
async def test_an_open_depot_says_how_to_require_access(
    browser: httpx2.AsyncClient, people: FakePeople, path: str
) -> None:
    people.looking = EVERYBODY
    text = (await browser.get(path)).text
    assert "everybody who reaches it is an administrator" in text
    assert "steelyard serve --auth required" in text
    assert '<form class="fields-form"' not in text


async def test_signing_out_takes_the_cookie(prefixed: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = MEMBER
    answer = await prefixed.post("/pages/logout", data={})
    assert (answer.status_code, people.calls) == (303, [("sign-out",)])
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    people.looking = NOBODY
    page = await prefixed.get(answer.headers["location"].removeprefix("/depot"))
    assert "You are signed out." in page.text


async def test_a_notice_that_nobody_sends_is_not_shown(browser: httpx2.AsyncClient) -> None:
    for query in ("notice=owned", "notice=added", "notice=added&name=<b>", "notice=added&name="):
        assert 'class="notice' not in (await browser.get(f"/login?{query}")).text
