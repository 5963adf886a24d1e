"""What administrators see of people and do about them."""

import httpx2
import pytest

from steelyard.core.errors import Conflict, Unavailable
from steelyard.identity.accounts.errors import NameTaken
from steelyard.testing.people_pages import (
    ADMIN,
    TOKEN,
    FakePeople,
    fake_case,
    fake_line,
    fake_stranger,
    fake_token,
    fake_user,
)
from steelyard.web.people import Strangers
from steelyard.web.people_forms import LinkForm, TokenForm, UserForm

PLAIN = {"Content-Type": "application/x-www-form-urlencoded"}  # as browsers say it of empty forms, too
NEW = {"username": " grace ", "role": "viewer", "password": "four words or so"}


@pytest.fixture
def people() -> FakePeople:
    """root looks after ada, who comes by the tailnet too, and a program."""
    linked = [{"kind": "tailnet", "subject": "ada@example.org"}]
    accounts = [fake_user("ada", principals=linked), fake_user("ci", "service", has_password=False, disabled=True)]
    return FakePeople(
        looking=ADMIN,
        accounts=[*accounts, fake_user("root", "admin")],
        others=Strangers(40, [fake_stranger()]),
        shown=[fake_token(), fake_token("ci", username="ci", scopes=None, expires_at=None, cidrs=["10.0.0.0/8"])],
        lines=[fake_line(), fake_line("setup", id=1, before=None, after={"role": "admin", "disabled": False})],
    )


async def test_the_list_of_people(browser: httpx2.AsyncClient) -> None:
    text = (await browser.get("/admin")).text
    for shown in (
        "3 accounts",
        "tailnet: ada@example.org",
        "with tokens",
        ">disabled</span>",
        "that is you",
        "40 strangers in all",
        "bob@example.org",
        'action="/pages/admin/users/ci/enable"',
        'action="/pages/admin/users/ada/disable"',
        'action="/pages/admin/users/ada/password"',
    ):
        assert shown in text
    assert "/pages/admin/users/ci/password" not in text
    assert "/pages/admin/users/root/password" not in text


async def test_an_account_is_made(prefixed: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await prefixed.post("/pages/admin/users", data=NEW)
    assert people.calls == [("add", UserForm("grace", "viewer", "four words or so"))]
    assert answer.headers["location"] == "/depot/admin?notice=added&name=grace#people-answer"
    assert "grace has an account now." in (await prefixed.get(answer.headers["location"].removeprefix("/depot"))).text


async def test_a_refused_account_keeps_its_name_and_role(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = NameTaken("Somebody is called grace.", hint="Take another name.")
    answer = await browser.post("/pages/admin/users", data=NEW)
    assert answer.status_code == 409
    for text in (
        "Somebody is called grace.",
        "Take another name.",
        'value="grace"',
        '<option value="viewer" selected>',
    ):
        assert text in answer.text
    assert "four words" not in answer.text


@pytest.mark.parametrize(
    ("deed", "fields", "call", "said"),
    [
        ("role", {"role": "admin"}, ("role", "ada", "admin"), "another role"),
        ("disable", {}, ("switch", "ada", True), "is disabled"),
        ("enable", {}, ("switch", "ada", False), "enabled again"),
        ("password", {"password": " spaces stay "}, ("password", "ada", " spaces stay "), "a new password"),
        ("sign-out", {}, ("sign-out", "ada"), "signed out everywhere"),
        ("delete", {}, ("delete", "ada"), "is deleted"),
    ],
)
async def test_what_can_be_done_about_an_account(
    browser: httpx2.AsyncClient, people: FakePeople, deed: str, fields: dict[str, str], call: object, said: str
) -> None:
    answer = await browser.post(f"/pages/admin/users/ada/{deed}", data=fields, headers=PLAIN)
    assert (answer.status_code, people.calls) == (303, [call])
    assert said in (await browser.get(answer.headers["location"])).text


async def test_nothing_else_can(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    answer = await browser.post("/pages/admin/users/ada/promote", data={}, headers=PLAIN)
    assert (answer.status_code, people.calls) == (404, [])
    people.refuse = Conflict("That is the last administrator.", hint="Make another one first.")
    answer = await browser.post("/pages/admin/users/root/delete", data={}, headers=PLAIN)
    assert answer.status_code == 409
    assert "That is the last administrator." in answer.text


async def test_a_stranger_is_linked_and_unlinked(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    form = {"kind": "tailnet", "subject": "bob@example.org", "username": "ada"}
    for path in ("/pages/admin/links", "/pages/admin/links/remove"):
        answer = await browser.post(path, data=form)
        assert answer.status_code == 303
    wanted = LinkForm("tailnet", "bob@example.org", "ada")
    assert people.calls == [("link", wanted), ("unlink", wanted)]


async def test_a_long_list_has_pages(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.accounts = [fake_user(f"user{number}") for number in range(60)]
    first = (await browser.get("/admin")).text
    assert 'rel="next" href="/admin?offset=50#users"' in first
    second = (await browser.get("/admin?offset=50")).text
    assert "user59" in second
    assert 'rel="prev" href="/admin#users"' in second
    assert "The list ends before this page." in (await browser.get("/admin?offset=100")).text


async def test_everybodys_tokens(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    text = (await browser.get("/admin/tokens")).text
    for shown in ("2 tokens", "all that the role may", "only from 10.0.0.0/8", "/pages/admin/tokens/0123456789/revoke"):
        assert shown in text
    answer = await browser.post("/pages/admin/tokens/0123456789/revoke", data={})
    assert people.calls == [("revoke", "0123456789")]
    assert "The token is revoked." in (await browser.get(answer.headers["location"])).text


async def test_a_token_for_a_program(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    fields = {"user": "ci", "label": "builds", "scope-pull": "on", "days": ""}
    answer = await browser.post("/pages/admin/tokens", data=fields)
    assert people.calls == [("token", TokenForm("builds", "ci", ("pull",), ""))]
    assert TOKEN in answer.text
    assert "is made for ci" in answer.text


async def test_what_waits_for_an_administrator(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    assert "Nothing waits." in (await browser.get("/admin/approvals")).text
    people.waiting = [fake_case(), fake_case("org/unknown", size_bytes=None, include=[], revision=None)]
    text = (await browser.get("/admin/approvals")).text
    for shown in ("2 requests", "120 GB", "not known yet", "would hold 120 GB", "bbbbbbbbbbbb · only *.gguf"):
        assert shown in text
    for decision, said in (("approve", "Approved"), ("deny", "Denied")):
        answer = await browser.post(f"/pages/admin/approvals/0198-task/{decision}", data={"reason": " too big "})
        assert said in (await browser.get(answer.headers["location"])).text
    assert people.calls == [("approve", "0198-task", "too big"), ("deny", "0198-task", "too big")]
    assert (await browser.post("/pages/admin/approvals/1/forget", data={}, headers=PLAIN)).status_code == 404


async def test_a_decision_that_came_too_late(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.refuse = Conflict("Request 1 was denied by root.", hint="Look at it.")
    answer = await browser.post("/pages/admin/approvals/1/approve", data={}, headers=PLAIN)
    assert answer.status_code == 409
    assert "Request 1 was denied by root." in answer.text


async def test_the_audit_log(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    text = (await browser.get("/admin/audit")).text
    for shown in ("2 changes", "role: member → admin", "disabled: false", "known by account", "192.0.2.7"):
        assert shown in text
    assert 'href="/api/v1/audit?format=csv"' in text
    people.lines.append(fake_line(username=None, identified_by="depot", ip_address=None, credential=None))
    assert "the depot itself" in (await browser.get("/admin/audit")).text


async def test_the_audit_log_is_narrowed(prefixed: httpx2.AsyncClient) -> None:
    text = (await prefixed.get("/admin/audit?user=nobody&action=user.&since=2026-03-01&until=2026-03-02")).text
    assert "Nothing like this was changed." in text
    for wanted in ('value="nobody"', 'value="user."', 'value="2026-03-01"', 'value="2026-03-02"'):
        assert wanted in text
    assert "/depot/api/v1/audit?user=nobody&amp;action=user.&amp;since=2026-03-01T00%3A00%3A00.000Z" in text


@pytest.mark.parametrize("query", ["action=drop+table", "since=yesterday", "offset=x", "action=.x"])
async def test_an_audit_log_that_cannot_be_asked_for(browser: httpx2.AsyncClient, query: str) -> None:
    assert (await browser.get(f"/admin/audit?{query}")).status_code == 422


@pytest.mark.parametrize("path", ["/admin", "/admin/tokens", "/admin/approvals", "/admin/audit"])
async def test_while_the_depot_is_away_it_is_said(browser: httpx2.AsyncClient, people: FakePeople, path: str) -> None:
    people.broken = Unavailable("The database is away.")
    answer = await browser.get(path)
    assert answer.status_code == 503
    assert "The database is away." in answer.text
