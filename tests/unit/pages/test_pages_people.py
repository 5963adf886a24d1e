"""The pages about people over the real services: what a browser does, from the first link to the last sign-out."""

import re
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.accounts.cookies import SessionCookie
from steelyard.identity.accounts.session_routes import Doors
from steelyard.identity.asking import SESSION_COOKIE
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.credentials import AccountCredentials
from steelyard.identity.links.protocol import Link
from steelyard.identity.links.session import SessionLink
from steelyard.identity.links.token import TokenLink
from steelyard.identity.people import AccessRule, People
from steelyard.identity.roles import Role
from steelyard.identity.sightings import Sightings
from steelyard.pages.account import AccountPages
from steelyard.pages.admin import AuditPages, UserPages
from steelyard.pages.keys import KeyPages
from steelyard.pages.signin import DoorPages
from steelyard.pages.tokens import TokenPages
from steelyard.pages.viewers import PageViewers
from steelyard.testing.clock import HandClock
from steelyard.testing.pages import FakeSource
from steelyard.testing.people_pages import FakePeople
from steelyard.testing.signer import OllamaSigner
from steelyard.web.frame import Frame
from steelyard.web.people import PeopleSources
from steelyard.web.routes import create_routes
from steelyard.web.templates import create_templates
from tests.unit.identity.accounts.yard import PASSWORD, Yard

PLAIN = {"Content-Type": "application/x-www-form-urlencoded"}
_TOKEN = re.compile(r'id="fresh-text">(sy_\w+)<')


class House:
    """The pages of a depot that requires access; what is remembered of accounts is forgotten at each request."""

    def __init__(self, yard: Yard, database: Database, clock: HandClock) -> None:
        credentials = AccountCredentials(database, clock, yard.signals, Sightings(database), 7)
        links: list[Link] = [TokenLink(credentials), SessionLink(credentials)]
        people = People(database, clock, links, AccessRule("required"), credentials)
        cookie = SessionCookie("", secure=False, days=30)
        doors = Doors(people, yard.sign_in, yard.passwords, yard.setup, cookie, "required")
        tokens = TokenPages(yard.tokens, people, clock, 90)
        sources = PeopleSources(
            DoorPages(doors),
            AccountPages(doors, yard.users, tokens, KeyPages(yard.keys, people)),
            UserPages(doors, yard.users, yard.links),
            tokens,
            FakePeople().sources.approvals,
            AuditPages(AuditLog(database)),
        )
        frame = Frame(create_templates(), Signals(), clock, viewers=PageViewers(people))
        self._app = Starlette(routes=create_routes(FakeSource().sources, frame, sources))
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._credentials.forget()
        await self._app(scope, receive, send)


@pytest.fixture
def yard(database: Database, clock: HandClock) -> Iterator[Yard]:
    """Nobody has an account yet."""
    yard = Yard(database, clock)
    yield yard
    yard.close()


@pytest.fixture
async def browser(yard: Yard, database: Database, clock: HandClock) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser with its cookies."""
    transport = httpx2.ASGITransport(app=House(yard, database, clock))
    headers = {"Accept": "text/html"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


async def enter(browser: httpx2.AsyncClient, name: str, password: str = PASSWORD) -> httpx2.Response:
    """Sign in."""
    return await browser.post("/pages/login", data={"username": name, "password": password, "next": "/account"})


async def test_the_first_administrator_is_made_and_signed_in(browser: httpx2.AsyncClient, yard: Yard) -> None:
    code = await yard.setup.first_run()
    form = {"code": code or "", "username": "root", "password": PASSWORD, "again": PASSWORD}
    assert (await browser.post("/pages/setup", data={**form, "code": "wrong"})).status_code == 403
    assert (await browser.post("/pages/setup", data=form)).status_code == 303
    assert 'root <span class="quiet">· admin</span>' in (await browser.get("/account")).text
    browser.cookies.clear()
    answer = await browser.post("/pages/setup", data=form)
    assert answer.status_code == 409
    assert 'href="/login">Sign in</a>' in answer.text


async def test_signing_in_and_out(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("ada")
    wrong = await enter(browser, "ada", "not her password")
    assert (wrong.status_code, SESSION_COOKIE in browser.cookies) == (401, False)
    nul = await enter(browser, "a\0da")
    assert (nul.status_code, "username" in nul.text) == (422, True)
    right = await enter(browser, "ada")
    assert (right.status_code, right.headers["location"]) == (303, "/account")
    first = browser.cookies[SESSION_COOKIE]
    await enter(browser, "ada")
    second = browser.cookies[SESSION_COOKIE]
    assert second != first
    await browser.post("/pages/logout")
    assert SESSION_COOKIE not in browser.cookies
    browser.cookies.set(SESSION_COOKIE, second)
    assert "You have no account here" in (await browser.get("/account")).text


async def test_ones_own_password(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("ada")
    await enter(browser, "ada")
    before = browser.cookies[SESSION_COOKIE]
    form = {"current": PASSWORD, "password": "a better one, longer", "again": "a better one, longer"}
    assert (await browser.post("/pages/account/password", data={**form, "current": "wrong"})).status_code == 401
    assert (await browser.post("/pages/account/password", data={**form, "current": ""})).status_code == 401
    short = await browser.post("/pages/account/password", data={**form, "password": "short", "again": "short"})
    assert (short.status_code, "Take at least 10" in short.text) == (422, True)
    assert (await browser.post("/pages/account/password", data=form)).status_code == 303
    assert browser.cookies[SESSION_COOKIE] != before
    assert 'ada <span class="quiet">· member</span>' in (await browser.get("/account")).text
    assert (await enter(browser, "ada", "a better one, longer")).status_code == 303


async def test_tokens_of_ones_own(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("ada")
    await enter(browser, "ada")
    form = {"label": "laptop", "scope-read": "on", "days": "30"}
    for bad in ({"days": "0"}, {"days": "soon"}, {"label": ""}, {"scope-fly": "on"}, {"days": ""}):
        assert (await browser.post("/pages/account/tokens", data={**form, **bad})).status_code == 422
    nothing = await browser.post("/pages/account/tokens", data={"label": "laptop", "days": "30"})
    assert (nothing.status_code, "Nothing is ticked" in nothing.text) == (422, True)
    made = _TOKEN.search((await browser.post("/pages/account/tokens", data=form)).text)
    assert made is not None
    bearer = {"Authorization": f"Bearer {made[1]}"}
    listed = (await browser.get("/account")).text
    assert made[1] not in listed
    assert "in 30 days" in listed
    browser.cookies.clear()
    assert "The depot knows you by a token" not in (await browser.get("/account", headers=bearer)).text
    assert 'ada <span class="quiet">· member</span>' in (await browser.get("/account", headers=bearer)).text
    await enter(browser, "ada")
    await browser.post(f"/pages/account/tokens/{made[1].split('_')[1]}/revoke", headers=PLAIN)
    browser.cookies.clear()
    assert 'href="/login">Sign in</a>' in (await browser.get("/login", headers=bearer)).text
    assert (await browser.get("/account", headers=bearer)).status_code == 401


async def test_keys_of_ones_own(browser: httpx2.AsyncClient, yard: Yard) -> None:
    root, _ = await yard.account("root", Role.ADMIN), await yard.account("ada")
    theirs = await yard.keys.add(root, OllamaSigner().line, None, None)
    await enter(browser, "ada")
    line = OllamaSigner().line
    for bad in ("", "ssh-rsa AAAA", "-----BEGIN OPENSSH PRIVATE KEY-----", "x" * 1001, theirs.text):
        assert (await browser.post("/pages/account/keys", data={"public_key": bad})).status_code == 422
    taken = await browser.post("/pages/account/keys", data={"public_key": f"ssh-ed25519 {theirs.text}"})
    assert (taken.status_code, "registered already" in taken.text) == (409, True)
    assert (await browser.post("/pages/account/keys", data={"public_key": f"{line} ada@home"})).status_code == 303
    assert "ada@home" in (await browser.get("/account")).text
    (key,) = (await yard.keys.list_page(root, "ada", 10, 0))[1]
    assert (await browser.post(f"/pages/account/keys/{theirs.id}/remove")).status_code == 404
    assert (await browser.post(f"/pages/account/keys/{key.id}/remove")).status_code == 303
    assert "ada@home" not in (await browser.get("/account")).text


async def test_others_tokens_are_nobodys_business(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("ada")
    await yard.account("leo")
    token_id, _ = await yard.token("leo")
    await enter(browser, "ada")
    assert (await browser.post(f"/pages/account/tokens/{token_id}/revoke", headers=PLAIN)).status_code == 404
    for path in ("/admin", "/admin/tokens"):
        shown = await browser.get(path)
        assert "leo" not in shown.text
    for deed in ("role", "disable", "delete", "sign-out", "password"):
        answer = await browser.post(f"/pages/admin/users/leo/{deed}", data={"role": "admin", "password": PASSWORD})
        assert answer.status_code == 403
    added = {"username": "eve", "role": "admin", "password": PASSWORD}
    assert (await browser.post("/pages/admin/users", data=added)).status_code == 403


async def test_signing_out_everywhere(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("ada")
    other = (await yard.session("ada")).cookie
    await enter(browser, "ada")
    assert (await browser.post("/pages/account/sign-out", headers=PLAIN)).status_code == 303
    browser.cookies.set(SESSION_COOKIE, other)
    assert "You have no account here" in (await browser.get("/account")).text


async def test_what_administrators_do(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("root", Role.ADMIN)
    await enter(browser, "root")
    for form, status in (
        ({"username": "grace", "role": "viewer", "password": PASSWORD}, 303),
        ({"username": "GRACE", "role": "viewer", "password": PASSWORD}, 409),
        ({"username": "mary", "role": "queen", "password": PASSWORD}, 422),
        ({"username": "mary", "role": "admin", "password": ""}, 409),
        ({"username": "ci", "role": "service", "password": ""}, 303),
        ({"username": "a b", "role": "member", "password": PASSWORD}, 422),
        ({"username": "mary", "role": "member", "password": "short"}, 422),
    ):
        assert (await browser.post("/pages/admin/users", data=form)).status_code == status
    for deed, fields, status in (
        ("grace/role", {"role": "member"}, 303),
        ("grace/role", {"role": ""}, 422),
        ("grace/disable", {}, 303),
        ("grace/enable", {}, 303),
        ("grace/password", {"password": "another long one"}, 303),
        ("grace/sign-out", {}, 303),
        ("nobody/disable", {}, 404),
        ("root/disable", {}, 409),
        ("root/delete", {}, 409),
        ("grace/delete", {}, 303),
    ):
        answer = await browser.post(f"/pages/admin/users/{deed}", data=fields, headers=PLAIN)
        assert (deed, answer.status_code) == (deed, status)
    deeds = [deed for deed in await yard.deeds() if deed.endswith("(deleted)")]
    changes = ["user.change"] * 3
    assert [deed.split()[0] for deed in deeds] == [
        "user.create", *changes, "user.password", "session.end_all", "user.delete",
    ]  # fmt: skip
    subject = deeds[0].partition(" ")[2]  # the name went with the account
    log = (await browser.get("/admin/audit", params={"action": "user.", "subject": subject})).text
    assert "role: viewer → member" in log
    assert "7 changes found" not in log
    assert (await browser.get("/admin/audit?user=root&since=2026-01-01&until=2026-01-01")).text.count("<time") > 5


async def test_a_program_gets_its_token(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("root", Role.ADMIN)
    await yard.account("ci", Role.SERVICE)
    await enter(browser, "root")
    form = {"user": "ci", "label": "builds", "scope-pull": "on", "days": ""}
    made = await browser.post("/pages/admin/tokens", data=form)
    assert _TOKEN.search(made.text) is not None
    assert (await browser.post("/pages/admin/tokens", data={**form, "user": "root"})).status_code == 422
    assert (await browser.post("/pages/admin/tokens", data={**form, "user": "nobody"})).status_code == 404
    token_id = (await yard.tokens.list_page(await yard.caller(), None, 5, 0, revoked=False))[1][0].id
    await browser.post(f"/pages/admin/tokens/{token_id}/revoke", headers=PLAIN)
    assert "Nobody has a token yet." in (await browser.get("/admin/tokens")).text


async def test_a_stranger_is_linked(browser: httpx2.AsyncClient, yard: Yard) -> None:
    await yard.account("root", Role.ADMIN)
    await yard.account("bob")
    await enter(browser, "root")
    link = {"kind": "tailnet", "subject": "bob@example.org", "username": "bob"}
    assert (await browser.post("/pages/admin/links", data=link)).status_code == 303
    assert "tailnet: bob@example.org" in (await browser.get("/admin")).text
    assert (await browser.post("/pages/admin/links/remove", data=link)).status_code == 303
    text = (await browser.get("/admin")).text
    assert "tailnet: bob@example.org" not in text
    assert 'aria-label="Link bob@example.org"' in text
    for bad, status in (({"kind": "address"}, 422), ({"username": "nobody"}, 404), ({"subject": ""}, 422)):
        assert (await browser.post("/pages/admin/links", data={**link, **bad})).status_code == status


async def test_looking_at_the_sign_in_page_leaves_no_trace(
    browser: httpx2.AsyncClient, yard: Yard, database: Database
) -> None:
    await browser.get("/login")
    await browser.get("/setup")
    caller = await yard.caller()
    total, _ = await yard.links.seen(caller, None, None, 10, 0)
    assert total == 1  # whoever asks here
