"""One's own account: what it shows, and that a token is shown once."""

from dataclasses import replace

import httpx2
import pytest

from steelyard.core.errors import Invalid, Unavailable
from steelyard.identity.accounts.errors import WrongPassword
from steelyard.testing.people_pages import (
    COOKIE,
    GUEST,
    MEMBER,
    TOKEN,
    FakePeople,
    fake_key,
    fake_me,
    fake_state,
    fake_token,
)
from steelyard.web.people import AccountState
from steelyard.web.people_forms import KeyForm, TokenForm

PASSWORDS = {"current": "the old one is long", "password": "the new one is long", "again": "the new one is long"}
BOXES = {"label": " laptop ", "scope-read": "on", "scope-pull": "on", "days": "30"}


@pytest.fixture
def people() -> FakePeople:
    """ada has signed in; she has a token."""
    return FakePeople(looking=MEMBER, state=fake_state(tokens=[fake_token(last_used_at="2026-03-12T09:30:00.000Z")]))


async def test_the_page_says_who_one_is(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/account")
    assert answer.headers["cache-control"] == "no-store"
    for text in (
        "asks for models as well, and looks after those of their own",
        "by your password, in this browser",
        "3 days ago",
        "sy_0123456789_…",
        "30 min ago",
        "in 30 days",
        "pull, read",
        'action="/pages/account/tokens/0123456789/revoke"',
        "change your password, and make and revoke your tokens",
    ):
        assert text in answer.text
    assert 'name="scope-pull" checked' in answer.text
    assert 'name="scope-admin" checked' not in answer.text


async def test_a_new_password_goes_on_with_a_new_session(prefixed: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await prefixed.post("/pages/account/password", data=PASSWORDS)
    assert people.calls == [("password", "the old one is long", "the new one is long")]
    assert answer.headers["location"] == "/depot/account?notice=own-password#account-answer"
    assert COOKIE in answer.headers["set-cookie"]
    page = await prefixed.get(answer.headers["location"].removeprefix("/depot"))
    assert "Your password is changed." in page.text


async def test_a_refused_password_is_said_and_not_repeated(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await browser.post("/pages/account/password", data={**PASSWORDS, "again": "another"})
    assert (answer.status_code, people.calls) == (422, [])
    people.refuse = WrongPassword("Nobody has this user name and this password.")
    answer = await browser.post("/pages/account/password", data=PASSWORDS)
    assert answer.status_code == 401
    assert "Nobody has this user name" in answer.text
    assert "is long" not in answer.text


async def test_a_token_is_shown_once(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await browser.post("/pages/account/tokens", data=BOXES)
    assert people.calls == [("token", TokenForm("laptop", "", ("read", "pull"), "30"))]
    assert answer.headers["cache-control"] == "no-store"
    assert f'<code id="fresh-text">{TOKEN}</code>' in answer.text
    assert f"export STEELYARD_URL=http://127.0.0.1\nexport STEELYARD_TOKEN={TOKEN}" in answer.text
    assert "shown only this once" in answer.text
    assert TOKEN not in (await browser.get("/account")).text


async def test_a_refused_token_keeps_what_was_ticked(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = Invalid("Nothing like this can be made.")
    answer = await browser.post("/pages/account/tokens", data=BOXES)
    assert answer.status_code == 422
    for text in ('value="laptop"', 'name="scope-pull" checked', 'value="30"', '<details class="more" open>'):
        assert text in answer.text
    assert 'name="scope-write" checked' not in answer.text


async def test_a_token_is_revoked(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await browser.post("/pages/account/tokens/0123456789/revoke", data={})
    assert people.calls == [("revoke", "0123456789")]
    assert "The token is revoked." in (await browser.get(answer.headers["location"])).text


async def test_keys_are_listed_registered_and_removed(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    assert "You have no key here yet." in (await browser.get("/account")).text
    people.state = replace(fake_state(), keys=[fake_key(), fake_key("desk", last_used_at="2026-03-12T09:30:00.000Z")])
    text = (await browser.get("/account")).text
    for shown in ("ada@laptop", "SHA256:abcdefgh", "30 min ago", 'action="/pages/account/keys/k123456789/remove"'):
        assert shown in text
    added = await browser.post("/pages/account/keys", data={"public_key": " ssh-ed25519 AAAA a \n", "label": ""})
    removed = await browser.post("/pages/account/keys/k123456789/remove", data={})
    assert people.calls == [("add-key", KeyForm("ssh-ed25519 AAAA a", "")), ("remove-key", "k123456789")]
    assert "The key is registered." in (await browser.get(added.headers["location"])).text
    assert "The key is removed." in (await browser.get(removed.headers["location"])).text


async def test_a_refused_key_is_said_where_it_was_asked_for(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = Invalid("This is not an Ed25519 public key.")
    answer = await browser.post("/pages/account/keys", data={"public_key": "-----BEGIN OPENSSH PRIVATE KEY-----"})
    assert (answer.status_code, "This is not an Ed25519 public key." in answer.text) == (422, True)
    assert 'aria-describedby="key-line-help keys-answer" autofocus' in answer.text
    assert "BEGIN OPENSSH" not in answer.text


async def test_signing_out_everywhere_ends_this_session_too(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await browser.post("/pages/account/sign-out", data={})
    assert people.calls == [("sign-out-everywhere",)]
    assert answer.headers["location"] == "/login?notice=left-everywhere#sign-in-answer"
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]


async def test_a_program_has_no_password_to_change(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.state = fake_state("service", has_password=False)
    assert 'id="password-form"' not in (await browser.get("/account")).text


async def test_whoever_comes_by_the_tailnet_can_set_a_first_password(
    browser: httpx2.AsyncClient, people: FakePeople
) -> None:
    people.state = fake_state(has_password=False)
    text = (await browser.get("/account")).text
    assert "Set a password" in text
    assert 'name="current"' not in text


async def test_a_guest_has_no_account(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = GUEST
    people.state = AccountState(fake_me(None, "viewer", "tailnet", username="bob"))
    text = (await browser.get("/account")).text
    assert "You are bob, with the role viewer. The depot knows you by the tailnet that you come from." in text
    assert '<form class="fields-form"' not in text


async def test_while_the_depot_is_away_nothing_is_claimed(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = people.broken = Unavailable("The database is away.")
    for answer in (await browser.get("/account"), await browser.post("/pages/account/tokens", data=BOXES)):
        assert answer.status_code == 503
        assert "The database is away." in answer.text
