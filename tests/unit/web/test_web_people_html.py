"""The markup of the pages about people: as strict as that of the others, and no secret where it can stay."""

from urllib.parse import quote

import httpx2
import pytest

from steelyard.core.errors import Invalid
from steelyard.testing.people_pages import (
    ADMIN,
    FakePeople,
    fake_case,
    fake_line,
    fake_state,
    fake_stranger,
    fake_token,
    fake_user,
)
from steelyard.web.people import Strangers
from steelyard.web.viewer import EVERYBODY, NOBODY, Viewer
from tests.unit.web.test_web_html import ADDRESSES, HOSTILE, POLICY, Markup

EVIL = Viewer(HOSTILE, "admin", HOSTILE, "account", has_session=True, asks=True, pulls=True, changes=True, runs=True)
VIEWERS = {"nobody": NOBODY, "everybody": EVERYBODY, "admin": ADMIN, "evil": EVIL}
SECRET = "a password that nobody may see"


@pytest.fixture
def people() -> FakePeople:
    """Everything is named to hurt."""
    linked = [{"kind": HOSTILE, "subject": HOSTILE}]
    token = fake_token(HOSTILE, username=HOSTILE, scopes=[HOSTILE], cidrs=[HOSTILE], id=f"x/../{HOSTILE}")
    accounts = [fake_user(HOSTILE, created_by=HOSTILE, principals=linked), fake_user("b", "service", disabled=True)]
    line = fake_line(HOSTILE, username=HOSTILE, subject=HOSTILE, ip_address=HOSTILE, credential=HOSTILE)
    line["before"], line["after"] = {HOSTILE: [HOSTILE]}, {HOSTILE: {HOSTILE: "x" * 500}}
    return FakePeople(
        state=fake_state(tokens=[token], username=HOSTILE),
        accounts=accounts,
        others=Strangers(2, [fake_stranger(HOSTILE, kind=HOSTILE), fake_stranger(HOSTILE)]),
        shown=[token, token],
        waiting=[fake_case(HOSTILE, task_id=HOSTILE, username=HOSTILE, reasons=[HOSTILE], variant=HOSTILE)],
        lines=[line],
    )


async def pages(client: httpx2.AsyncClient, people: FakePeople) -> list[httpx2.Response]:
    """Every page about people, refusals too."""
    evil = quote(HOSTILE)
    paths = ["login", f"login?next=/{evil}", "setup", f"setup?code={evil}", "account", "admin", "admin/tokens"]
    paths += [
        "admin/approvals",
        "admin/audit",
        f"admin/audit?user={evil}&subject={evil}",
        f"login?notice=added&name={evil}",
    ]
    answers = [await client.get(f"/{path}") for path in paths]
    form = {"username": HOSTILE, "label": HOSTILE, "user": HOSTILE, "code": HOSTILE, "next": HOSTILE, "days": HOSTILE}
    secrets = {"password": SECRET, "again": SECRET, "current": SECRET}
    answers += [await client.post(f"/pages/{path}/tokens", data=form) for path in ("account", "admin")]
    people.refuse = Invalid(HOSTILE, hint=HOSTILE, retry_after=2.4)
    ways = ["login", "setup", "account/password", "account/tokens", "admin/users", "admin/tokens", "logout"]
    ways += ["admin/users/<b>/delete", "admin/users/a/<b>", "admin/links", "admin/links/remove"]
    ways += ["admin/approvals/1/approve", "admin/approvals/1/deny"]
    answers += [await client.post(f"/pages/{way}", data=form | secrets) for way in ways]
    people.refuse = None
    assert {answer.status_code for answer in answers} == {200, 404, 422}
    return answers


@pytest.mark.parametrize("who", VIEWERS)
async def test_every_page_is_strict(prefixed: httpx2.AsyncClient, people: FakePeople, who: str) -> None:
    people.looking = VIEWERS[who]
    for answer in await pages(prefixed, people):
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert "<script>alert" not in answer.text
        assert SECRET not in answer.text
        markup = Markup(answer.text)
        assert markup.inline == []
        names = {name for _, attrs in markup.tags for name in attrs}
        assert not {name for name in names if name == "style" or name.startswith(("on", "hx-on"))}
        addresses = markup.values(*ADDRESSES)
        assert not [value for value in addresses if not value.startswith(("/depot/", "#"))]


@pytest.mark.parametrize("who", VIEWERS)
async def test_every_page_can_be_read_aloud(browser: httpx2.AsyncClient, people: FakePeople, who: str) -> None:
    people.looking = VIEWERS[who]
    for answer in await pages(browser, people):
        markup = Markup(answer.text)
        ids = markup.values("id")
        assert len(ids) == len(set(ids))
        named = " ".join(markup.values("for", "aria-labelledby", "aria-describedby", "form", "list")).split()
        assert set(named) <= set(" ".join(ids).split())
        order = [tag for tag, _ in markup.tags if tag in ("h1", "main", "header", "footer")]
        assert order == ["header", "main", "h1", "footer"]
        assert sum(attrs.get("autofocus", 0) is None for _, attrs in markup.tags) <= 1


async def test_fields_are_what_password_managers_expect(browser: httpx2.AsyncClient, people: FakePeople) -> None:
    people.looking = ADMIN
    for path in ("/login", "/setup", "/account", "/admin"):
        for tag, attrs in Markup((await browser.get(path)).text).tags:
            if tag == "input" and attrs.get("type") == "password":
                assert attrs["autocomplete"] in ("current-password", "new-password")
                assert "value" not in attrs
