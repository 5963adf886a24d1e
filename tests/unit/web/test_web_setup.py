"""The first administrator: the link from the log, a form, and an answer to every way it can go wrong."""

import httpx2
import pytest

from steelyard.core.errors import SteelyardError
from steelyard.identity.accounts.errors import AlreadySetUp, BadPassword, WrongSetupCode
from steelyard.testing.people_pages import ADMIN, COOKIE, FakePeople

FORM = {"code": "c0de", "username": "root", "password": "four words or so", "again": "four words or so"}


@pytest.fixture
def people() -> FakePeople:
    """Nobody has an account yet."""
    return FakePeople()


async def test_the_link_makes_an_administrator(prefixed: httpx2.AsyncClient, people: FakePeople) -> None:
    page = await prefixed.get("/setup?code=c0de")
    assert '<input type="hidden" name="code" value="c0de">' in page.text
    assert "data-forget-query" in page.text
    assert page.headers["cache-control"] == "no-store"
    answer = await prefixed.post("/pages/setup", data=FORM)
    assert people.calls == [("set-up", "c0de", "root", "four words or so")]
    assert (answer.status_code, answer.headers["location"]) == (303, "/depot/")
    assert answer.headers["set-cookie"].startswith(COOKIE)


async def test_without_the_link_the_code_is_asked_for(browser: httpx2.AsyncClient) -> None:
    text = (await browser.get("/setup")).text
    assert '<label for="setup-code">Setup code</label>' in text
    assert "the link in the depot's log" in text


async def test_two_passwords_that_differ_are_not_sent_on(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await browser.post("/pages/setup", data={**FORM, "again": "four words"})
    assert (answer.status_code, people.calls) == (422, [])
    assert "The two passwords are not the same." in answer.text
    assert 'name="code" value="c0de"' in answer.text
    assert 'value="root"' in answer.text
    assert "four words or so" not in answer.text


@pytest.mark.parametrize(
    ("error", "shown", "gone"),
    [
        (WrongSetupCode("The code is not one of this depot.", hint="Start it again."), 'id="setup-code"', "c0de"),
        (AlreadySetUp("The first administrator is there already."), 'href="/login">Sign in</a>', 'id="setup-form"'),
        (BadPassword("It is the user name."), "That password cannot be used. It is the user name.", 'id="setup-code"'),
    ],
)
async def test_a_refusal_says_what_comes_next(
    browser: httpx2.AsyncClient, people: FakePeople, error: SteelyardError, shown: str, gone: str
) -> None:
    people.refuse = error
    answer = await browser.post("/pages/setup", data=FORM)
    assert answer.status_code == error.status
    assert error.detail in answer.text
    assert shown in answer.text
    assert gone not in answer.text


async def test_whoever_has_an_account_has_nothing_to_set_up(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = ADMIN
    text = (await browser.get("/setup?code=c0de")).text
    assert "set up already" in text
    assert "c0de" not in text
