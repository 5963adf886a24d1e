"""Accounts over HTTP: shapes, cookies, statuses, and that secrets are told once or never."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

import httpx2
import pytest
from fastapi import FastAPI

from steelyard.db.database import Database
from steelyard.http import problems
from steelyard.identity.accounts.bodies import NewTokenBody
from steelyard.identity.accounts.cookies import SessionCookie
from steelyard.identity.accounts.session_routes import Doors
from steelyard.identity.accounts.session_routes import create_router as session_routes
from steelyard.identity.accounts.shapes import MeShape, NewTokenShape, PrincipalPage, TokenPage, UserPage, UserShape
from steelyard.identity.accounts.token_routes import create_router as token_routes
from steelyard.identity.accounts.user_routes import create_router as user_routes
from steelyard.identity.asking import SESSION_COOKIE
from steelyard.identity.credentials import AccountCredentials
from steelyard.identity.links.session import SessionLink
from steelyard.identity.links.token import TokenLink
from steelyard.identity.people import AccessRule, People
from steelyard.identity.roles import Role
from steelyard.identity.sightings import Sightings
from steelyard.testing.clock import HandClock
from tests.unit.identity.accounts.yard import PASSWORD, Yard

Json = dict[str, Any]


class Depot(Yard):
    """A depot of accounts only. It is remembered nothing: every request looks."""

    def __init__(self, database: Database, clock: HandClock, mode: Literal["open", "required"]) -> None:
        super().__init__(database, clock)
        self.credentials = AccountCredentials(database, clock, self.signals, Sightings(database), 7)
        links = (TokenLink(self.credentials), SessionLink(self.credentials))
        people = People(database, clock, links, AccessRule(mode), self.credentials)
        cookie = SessionCookie("/depot", secure=True, days=30)
        self.app = FastAPI()
        problems.install(self.app)
        self.app.include_router(user_routes(self.users, self.links, people))
        self.app.include_router(token_routes(self.tokens, people, clock, 90))
        doors = Doors(people, self.sign_in, self.passwords, self.setup, cookie, mode)
        self.app.include_router(session_routes(doors))

    def browser(self, headers: Mapping[str, str]) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(
            transport=transport, base_url="https://depot.test", headers={**headers, "Content-Type": "application/json"}
        )

    async def ask(
        self, method: str, path: str, body: Json | None = None, who: Mapping[str, str] = {}
    ) -> httpx2.Response:
        self.credentials.forget()
        async with self.browser(who) as browser:
            content = None if body is None else json.dumps(body)  # in ASCII: half a character has no other form
            return await browser.request(method, path, content=content)


@pytest.fixture
async def depot(database: Database, clock: HandClock) -> AsyncIterator[Depot]:
    """It wants to know who asks."""
    depot = Depot(database, clock, "required")
    yield depot
    depot.close()


@pytest.fixture
async def open_depot(database: Database, clock: HandClock) -> AsyncIterator[Depot]:
    """In it everybody is an administrator."""
    depot = Depot(database, clock, "open")
    yield depot
    depot.close()


async def signed_in(depot: Depot, name: str, role: Role = Role.MEMBER) -> dict[str, str]:
    await depot.account(name, role)
    who = await depot.session(name)
    return {"Cookie": f"{SESSION_COOKIE}={who.cookie}"}


def cookie_of(answer: httpx2.Response) -> str:
    return str(answer.headers["set-cookie"])


async def test_signing_in_hands_out_a_cookie_that_only_this_depot_gets(depot: Depot) -> None:
    await depot.account("bob")
    answer = await depot.ask("POST", "/api/v1/login", {"username": "Bob", "password": PASSWORD})
    assert answer.status_code == 200
    MeShape.model_validate(answer.json())
    assert (answer.json()["username"], answer.json()["role"], answer.json()["mode"]) == ("bob", "member", "required")
    first, *rest = (part.strip().lower() for part in cookie_of(answer).split(";"))
    assert {"httponly", "secure", "samesite=lax", "path=/depot", "max-age=2592000"} <= set(rest)
    shown = cookie_of(answer).partition(";")[0]
    me = (await depot.ask("GET", "/api/v1/me", who={"Cookie": shown})).json()
    assert me == answer.json()
    assert first.partition("=")[2].partition(".")[2] not in answer.text
    assert (await depot.ask("GET", "/api/v1/me")).json()["role"] is None


async def test_a_wrong_password_is_401(depot: Depot) -> None:
    await depot.account("bob")
    answer = await depot.ask("POST", "/api/v1/login", {"username": "bob", "password": "not the password"})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:steelyard:problem:wrong-password")
    assert "set-cookie" not in answer.headers


async def test_signing_out_takes_the_cookie_back(depot: Depot) -> None:
    cookie = await signed_in(depot, "bob")
    answer = await depot.ask("POST", "/api/v1/logout", who=cookie)
    assert (answer.status_code, "max-age=0" in cookie_of(answer).lower()) == (204, True)
    assert (await depot.ask("GET", "/api/v1/me", who=cookie)).json()["role"] is None
    assert (await depot.ask("POST", "/api/v1/logout")).status_code == 204


async def test_a_new_password_rotates_the_session(depot: Depot) -> None:
    cookie = await signed_in(depot, "bob")
    body = {"password": "another password", "current": PASSWORD}
    answer = await depot.ask("POST", "/api/v1/users/bob/password", body, who=cookie)
    assert answer.status_code == 204
    assert (await depot.ask("GET", "/api/v1/me", who=cookie)).json()["role"] is None
    fresh = {"Cookie": cookie_of(answer).partition(";")[0]}
    assert (await depot.ask("GET", "/api/v1/me", who=fresh)).json()["account"] == "bob"
    ended = await depot.ask("POST", "/api/v1/users/bob/logout", who=fresh)
    assert ended.json() == {"username": "bob", "ended": 1}


async def test_the_text_of_a_token_is_told_once(depot: Depot) -> None:
    cookie = await signed_in(depot, "bob")
    made = await depot.ask("POST", "/api/v1/tokens", {"label": "laptop"}, who=cookie)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    NewTokenShape.model_validate(made.json())
    text, token = made.json()["token"], made.json()["id"]
    listed = await depot.ask("GET", "/api/v1/tokens", who=cookie)
    TokenPage.model_validate(listed.json())
    assert (text in listed.text, listed.json()["tokens"][0]["status"]) == (False, "active")
    me = (await depot.ask("GET", "/api/v1/me", who={"Authorization": f"Bearer {text}"})).json()
    assert (me["credential"], me["scopes"]) == (f"token:{token}", ["pull", "read", "report", "write"])
    assert (await depot.ask("DELETE", f"/api/v1/tokens/{token}", who=cookie)).status_code == 204
    assert (await depot.ask("GET", "/api/v1/me", who={"Authorization": f"Bearer {text}"})).status_code == 401
    everything = await depot.ask("GET", "/api/v1/tokens?revoked=true", who=cookie)
    assert everything.json()["tokens"][0]["status"] == "revoked"


async def test_the_state_of_a_token_in_a_word(depot: Depot, clock: HandClock) -> None:
    cookie = await signed_in(depot, "ann", Role.ADMIN)
    await depot.account("bob")
    await depot.token("bob", days=1)
    await depot.users.change(await depot.caller(), "bob", None, True)
    seen = []
    for _ in range(2):
        seen.append((await depot.ask("GET", "/api/v1/tokens?user=bob", who=cookie)).json()["tokens"][0]["status"])
        clock.forward(days=1)
    assert seen == ["disabled", "expired"]


NOT_FITTING: list[tuple[str, str, Json | None]] = [
    ("POST", "/api/v1/users", {"username": "x", "role": "king"}),
    ("POST", "/api/v1/users", {"username": "x", "admin": True}),
    ("POST", "/api/v1/users", {"username": "x" * 129, "password": PASSWORD}),
    ("PATCH", "/api/v1/users/ann", {"username": "b"}),
    ("PATCH", "/api/v1/users/ann", {"role": None}),
    ("PATCH", "/api/v1/users/ann", {"disabled": "yes"}),
    ("POST", "/api/v1/users/ann/password", {"password": "x" * 1001}),
    ("POST", "/api/v1/users/ann/principals", {"kind": "declared", "subject": "ann"}),
    ("DELETE", "/api/v1/users/ann/principals?kind=address&subject=x", None),
    ("DELETE", "/api/v1/users/ann/principals", None),
    ("GET", "/api/v1/users?limit=0", None),
    ("GET", "/api/v1/principals?linked=perhaps", None),
    ("POST", "/api/v1/tokens", {"label": " "}),
    ("POST", "/api/v1/tokens", {"label": "x", "scopes": []}),
    ("POST", "/api/v1/tokens", {"label": "x", "scopes": ["everything"]}),
    ("POST", "/api/v1/tokens", {"label": "x", "expires_in_days": 0}),
    ("POST", "/api/v1/tokens", {"label": "x", "expires_in_days": None}),
    ("POST", "/api/v1/tokens", {"label": "x", "cidrs": ["everywhere"]}),
    ("POST", "/api/v1/login", {"username": "a\0b", "password": PASSWORD}),
    ("POST", "/api/v1/login", {"username": "ann"}),
    ("POST", "/api/v1/login", {"username": "ann", "password": "half \ud800 a character"}),
    ("POST", "/api/v1/login", {"username": "a\ud800", "password": PASSWORD}),
    ("POST", "/api/v1/tokens", {"label": "a\0b"}),
    ("POST", "/api/v1/tokens", {"label": "x", "user": "a\0b"}),
    ("POST", "/api/v1/users/ann/principals", {"kind": "proxy", "subject": "a\nb"}),
    ("POST", "/api/v1/setup", {"code": "", "username": "ann", "password": PASSWORD}),
]


async def test_what_does_not_fit_is_422_and_repeats_no_secret(depot: Depot) -> None:
    cookie = await signed_in(depot, "ann", Role.ADMIN)
    for method, path, body in NOT_FITTING:
        answer = await depot.ask(method, path, body, cookie)
        assert answer.status_code == 422, (method, path, body, answer.text)
        assert PASSWORD not in answer.text


async def test_administrators_look_after_accounts(depot: Depot) -> None:
    cookie = await signed_in(depot, "ann", Role.ADMIN)
    body = {"username": "bob", "role": "viewer", "password": PASSWORD}
    made = await depot.ask("POST", "/api/v1/users", body, who=cookie)
    assert (made.status_code, made.json()["created_by"]) == (201, "ann")
    UserShape.model_validate(made.json())
    assert (await depot.ask("POST", "/api/v1/users", body, who=cookie)).status_code == 409
    changed = await depot.ask("PATCH", "/api/v1/users/bob", {"role": "member"}, who=cookie)
    assert (changed.json()["role"], changed.json()["disabled"]) == ("member", False)
    linked = await depot.ask(
        "POST", "/api/v1/users/bob/principals", {"kind": "tailnet", "subject": "bob@net"}, who=cookie
    )
    assert linked.json()["principals"] == [{"kind": "tailnet", "subject": "bob@net"}]
    seen = await depot.ask("GET", "/api/v1/principals?linked=true", who=cookie)
    PrincipalPage.model_validate(seen.json())
    assert [one["account"] for one in seen.json()["principals"]] == ["bob"]
    gone = await depot.ask("DELETE", "/api/v1/users/bob/principals?kind=tailnet&subject=bob%40net", who=cookie)
    assert gone.json()["principals"] == []
    page = await depot.ask("GET", "/api/v1/users?limit=1", who=cookie)
    UserPage.model_validate(page.json())
    assert (page.json()["count"], len(page.json()["users"])) == (2, 1)
    assert (await depot.ask("DELETE", "/api/v1/users/bob", who=cookie)).status_code == 204
    assert (await depot.ask("GET", "/api/v1/users/bob", who=cookie)).status_code == 404
    last = await depot.ask("DELETE", "/api/v1/users/ann", who=cookie)
    assert (last.status_code, last.json()["type"]) == (409, "urn:steelyard:problem:last-admin")


async def test_members_and_strangers_are_refused(depot: Depot) -> None:
    await depot.account("ann", Role.ADMIN)
    bob = await signed_in(depot, "bob")
    for who in (bob, {}):
        for method, path, body in (
            ("GET", "/api/v1/users", None), ("GET", "/api/v1/users/ann", None), ("DELETE", "/api/v1/users/ann", None),
            ("PATCH", "/api/v1/users/ann", {"role": "viewer"}), ("POST", "/api/v1/users/ann/logout", None),
            ("POST", "/api/v1/users/ann/password", {"password": PASSWORD}), ("GET", "/api/v1/principals", None),
            ("POST", "/api/v1/users", {"username": "eve", "role": "admin", "password": PASSWORD}),
            ("GET", "/api/v1/tokens?user=ann", None), ("POST", "/api/v1/tokens", {"label": "x", "user": "ann"}),
        ):  # fmt: skip
            answer = await depot.ask(method, path, body, who=who)
            assert answer.status_code == 403, (method, path, answer.text)


async def test_the_first_administrator(depot: Depot) -> None:
    code = await depot.setup.first_run()
    body = {"code": code, "username": "ann", "password": PASSWORD}
    wrong = await depot.ask("POST", "/api/v1/setup", {**body, "code": "guessed"})
    assert wrong.status_code == 403
    done = await depot.ask("POST", "/api/v1/setup", body)
    me = (await depot.ask("GET", "/api/v1/me", who={"Cookie": cookie_of(done).partition(";")[0]})).json()
    assert (done.status_code, me["role"], me["account"]) == (200, "admin", "ann")
    again = await depot.ask("POST", "/api/v1/setup", body)
    assert (again.status_code, again.json()["type"]) == (409, "urn:steelyard:problem:already-set-up")


async def test_in_an_open_depot_accounts_are_prepared(open_depot: Depot) -> None:
    for name, role in (("ann", "admin"), ("ci", "service")):
        body = {"username": name, "role": role} | ({"password": PASSWORD} if role == "admin" else {})
        assert (await open_depot.ask("POST", "/api/v1/users", body)).status_code == 201
    made = await open_depot.ask("POST", "/api/v1/tokens", {"label": "x", "user": "ci", "expires_in_days": None})
    assert (made.status_code, made.json()["expires_at"]) == (201, None)
    me = (await open_depot.ask("GET", "/api/v1/me", who={"X-Steelyard-User": "bob"})).json()
    assert (me["username"], me["role"], me["mode"]) == ("bob", "admin", "open")
    assert (await open_depot.ask("POST", "/api/v1/login", {"username": "ann", "password": PASSWORD})).status_code == 200


def test_a_token_without_a_word_about_its_end_is_not_for_ever() -> None:
    assert "expires_in_days" not in NewTokenBody(label="x").model_fields_set
