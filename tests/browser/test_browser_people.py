"""People in a depot that wants to know who asks: the first administrator, signing in, tokens, and what each may see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from steelyard.client import Client
from steelyard.identity.asking import SESSION_COOKIE
from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess
from tests.browser.shelf import READY, SPARE
from tests.browser.test_browser_pages import faults_of
from tests.browser.window import DESKTOP, PHONE, Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser is enough

PASSWORD = "correct horse battery"
# The menu of the head lies over the page while it is open: it is looked at apart.
UNFOLD = "for (const fold of document.querySelectorAll('main details')) fold.open = true"
REQUIRED = {"STEELYARD_SERVER__AUTH": "required"}
_LINK = re.compile(r"(http://[^\s\"]+/setup\?code=\w+)")


@dataclass(frozen=True)
class Settled:
    """A depot with people: their sessions' cookies by name."""

    url: str
    cookies: dict[str, str]

    def window(
        self, browser: Browser, who: str | None, *, width: int = DESKTOP, scheme: Literal["light", "dark"] = "light"
    ) -> Window:
        """A window in which somebody has signed in."""
        window = Window(browser, self.url, width=width, scheme=scheme)
        if who is not None:
            window.context.add_cookies([{"name": SESSION_COOKIE, "value": self.cookies[who], "url": self.url}])
        return window


def setup_link(process: DepotProcess) -> str:
    """The link in the log; it is written right after the line that the process waits for."""
    for line in iter(lambda: process.log.read_text("utf-8"), ""):
        found = _LINK.search(line)
        if found is not None:
            return found[1]
    raise AssertionError("the log is empty")


@pytest.fixture
def fresh(program: str, hub: StandInHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DepotProcess]:
    """A depot without an administrator."""
    with DepotProcess(tmp_path_factory.mktemp("fresh") / "home", hub.url, more=REQUIRED) as process:
        yield process


@pytest.fixture(scope="module")
def settled(program: str, hub: StandInHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    """A depot with an administrator, a member who has a model and a token, a viewer, a program and a stranger."""
    with DepotProcess(tmp_path_factory.mktemp("settled") / "home", hub.url, more=REQUIRED) as process:
        yield populate(process)


def populate(process: DepotProcess) -> Settled:
    """Make everybody, by the API."""
    code = setup_link(process).partition("code=")[2]
    with httpx2.Client(base_url=process.url) as root:
        first = {"code": code, "username": "root", "password": PASSWORD}
        root.post("/api/v1/setup", json=first).raise_for_status()
        for name, role in (("ada", "member"), ("leo", "member"), ("vera", "viewer"), ("ci", "service")):
            password = None if role == "service" else PASSWORD
            body = {"username": name, "role": role, "password": password}
            root.post("/api/v1/users", json=body).raise_for_status()
        for user, label in (("ada", "laptop"), ("ci", "builds")):
            body = {"user": user, "label": label}
            root.post("/api/v1/tokens", json=body).raise_for_status()
        tailnet = {"kind": "tailnet", "subject": "bob@example.org"}
        root.post("/api/v1/users/ada/principals", json=tailnet).raise_for_status()
        root.delete("/api/v1/users/ada/principals", params=tailnet).raise_for_status()
        root.post("/api/v1/users/ada/principals", json={**tailnet, "subject": "ada@example.org"}).raise_for_status()
    cookies = {name: sign_in(process.url, name) for name in ("root", "ada", "leo", "vera")}
    with httpx2.Client(base_url=process.url, cookies={SESSION_COOKIE: cookies["ada"]}) as ada:
        token = ada.post("/api/v1/tokens", json={"label": "pull"}).raise_for_status().json()["token"]
    with Client(process.url, token=token, environ={}) as client:
        job_id = client.pull(READY)["job_id"]
        assert job_id is not None
        *_, last = client.jobs.watch(job_id)
        assert last["status"] == "succeeded", last
    return Settled(process.url, cookies)


def sign_in(address: str, name: str) -> str:
    """The cookie of a new session."""
    answer = httpx2.post(f"{address}/api/v1/login", json={"username": name, "password": PASSWORD})
    answer.raise_for_status()
    return str(answer.cookies[SESSION_COOKIE])


def test_from_the_first_start_to_the_last_sign_out(
    fresh: DepotProcess, browser: Browser, windows: list[Window]
) -> None:
    windows.append(Window(browser, fresh.url))
    page = windows[0].open("/downloads")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    windows[0].open(setup_link(fresh).removeprefix(fresh.url))
    expect(page).to_have_url(f"{fresh.url}/setup")  # the code is out of the address, and of the history
    page.get_by_label("User name").fill("root")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.locator(".who summary")).to_have_text("root · admin")
    page.locator("#live[data-live=yes]").wait_for()

    page.locator(".who summary").click()
    page.get_by_role("link", name="Account").click()
    page.get_by_label("What for").fill("laptop")
    page.get_by_role("button", name="Make the token").click()
    token = page.locator("#fresh-text").inner_text()
    asked = {"Authorization": f"Bearer {token}"}
    assert httpx2.get(f"{fresh.url}/api/v1/me", headers=asked).json()["username"] == "root"
    windows[0].open("/account")
    expect(page.locator("main")).not_to_contain_text(token)
    page.locator("summary", has_text="Revoke").click()
    page.get_by_role("button", name="Revoke laptop now").click()
    expect(page.locator("#tokens-answer")).to_contain_text("The token is revoked.")
    assert httpx2.get(f"{fresh.url}/api/v1/me", headers=asked).status_code == 401

    page.locator(".who summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("#sign-in-answer")).to_contain_text("You are signed out.")
    windows[0].open("/account")
    expect(page).to_have_url(f"{fresh.url}/login?next=/account")


def test_a_wrong_password_is_said_and_the_right_one_leads_on(
    settled: Settled, browser: Browser, windows: list[Window]
) -> None:
    windows.append(settled.window(browser, None))
    page = windows[0].open(f"/models/{READY}")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("not her password")
    windows[0].expected = 401
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#sign-in-answer [role=alert]")).to_contain_text("Nobody has this user name")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_value("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(READY)
    windows[0].expected = 200


def test_signing_in_and_out_without_scripts(settled: Settled, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, settled.url, script=False))
    page = windows[0].open("/account")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.locator(".who summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("#sign-in-answer")).to_contain_text("You are signed out.")


def test_an_administrator_looks_after_people(settled: Settled, browser: Browser, windows: list[Window]) -> None:
    windows.append(settled.window(browser, "root"))
    page = windows[0].open("/admin")
    page.get_by_label("User name").fill("tomas")
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#people-answer")).to_contain_text("tomas has an account now.")
    page.get_by_label("The account of bob@example.org").fill("tomas")
    page.get_by_role("button", name="Link bob@example.org").click()
    row = page.locator("#users tr", has_text="tomas")
    expect(row).to_contain_text("bob@example.org")
    row.locator("summary", has_text="Change").click()
    row.get_by_label("Role of tomas", exact=True).select_option("viewer")
    row.get_by_role("button", name="Save the role of tomas").click()
    expect(row.get_by_role("cell", name="viewer")).to_be_visible()
    row.locator("summary", has_text="Change").click()
    row.locator("summary", has_text="Delete").click()
    row.get_by_role("button", name="Delete the account of tomas").click()
    expect(page.locator("#people-answer")).to_contain_text("The account of tomas is deleted.")
    page.get_by_role("link", name="Audit log").click()
    expect(page.locator("#audit tr", has_text="user.delete")).to_contain_text("(deleted)")


def test_everybody_sees_the_buttons_that_are_theirs(settled: Settled, browser: Browser, windows: list[Window]) -> None:
    windows.extend(settled.window(browser, who) for who in ("vera", "ada"))
    viewer, member = windows[0].open("/"), windows[1].open("/")
    expect(viewer.locator("#pull-form")).to_have_count(0)
    expect(member.locator("#pull-form")).to_be_visible()
    expect(member.get_by_label("Your name")).to_have_count(0)
    for window, number in zip(windows, (0, 1), strict=True):
        shown = window.open(f"/models/{READY}")
        expect(shown.locator("#edit-form")).to_have_count(number)
    refused = windows[0].open("/admin", expected=403)
    expect(refused.get_by_role("heading", level=1)).to_have_text("That is not yours to do")


def test_members_chat_with_their_session_and_viewers_do_not(
    settled: Settled, browser: Browser, windows: list[Window]
) -> None:
    windows += [settled.window(browser, name) for name in ("vera", "ada")]
    viewer, member = windows[0].open("/"), windows[1].open(f"/models/{READY}")
    expect(viewer.get_by_role("link", name="Chat")).to_have_count(0)
    windows[0].open("/chat", expected=403)
    expect(member.get_by_role("link", name="Chat with it")).to_have_count(0)  # its weights are noise
    member.get_by_role("link", name="Chat", exact=True).click()
    expect(member.locator("main")).to_contain_text(READY)
    windows[1].open("/chat?model=acme/nowhere")
    windows[1].expected = 404
    member.get_by_label("Your message").fill("Anybody?")
    member.keyboard.press("Enter")
    expect(member.locator(".said.model .reason")).to_contain_text("acme/nowhere is not here.")


def test_whoever_was_signed_out_is_told_at_the_next_press(
    settled: Settled, browser: Browser, windows: list[Window]
) -> None:
    windows.append(settled.window(browser, "leo"))
    page = windows[0].open("/")
    page.get_by_label("Model", exact=True).fill(SPARE)
    windows[0].expected = 401
    cookies = {SESSION_COOKIE: settled.cookies["root"]}
    httpx2.post(f"{settled.url}/api/v1/users/leo/logout", cookies=cookies).raise_for_status()
    page.get_by_role("button", name="Pull", exact=True).click()
    expect(page.locator("#pull-answer [role=alert]")).to_contain_text("You are signed out, and nothing was done.")
    expect(page.get_by_label("Model", exact=True)).to_have_value(SPARE)


def test_the_menu_goes_away_as_menus_do(settled: Settled, browser: Browser, windows: list[Window]) -> None:
    windows.append(settled.window(browser, "ada"))
    page = windows[0].open("/")
    summary = page.locator(".who summary")
    summary.click()
    assert faults_of(windows[0]) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Account")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    page.get_by_role("heading", name="Library", exact=True, level=2).click()
    expect(page.get_by_role("link", name="Account")).to_be_hidden()


PAGES = {
    "sign in": (None, "/login"),
    "set up": (None, "/setup"),
    "sign in again": ("ada", "/login"),
    "account": ("ada", "/account"),
    "people": ("root", "/admin"),
    "tokens": ("root", "/admin/tokens"),
    "approvals": ("root", "/admin/approvals"),
    "audit": ("root", "/admin/audit"),
    "library": ("vera", "/"),
    "model": ("vera", f"/models/{READY}"),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_page_is_whole_and_fit_for_everybody(
    settled: Settled, browser: Browser, windows: list[Window], width: int, scheme: Literal["light", "dark"], name: str
) -> None:
    who, path = PAGES[name]
    windows.append(settled.window(browser, who, width=width, scheme=scheme))
    shown = windows[0].open(path)
    shown.evaluate(UNFOLD)
    assert windows[0].overflow() <= 0
    assert shown.locator("h1").count() == 1
    assert windows[0].violations() == []
    assert faults_of(windows[0]) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_answers_are_fit_for_everybody(
    settled: Settled, browser: Browser, windows: list[Window], scheme: Literal["light", "dark"]
) -> None:
    windows.append(settled.window(browser, "ada", width=PHONE, scheme=scheme))
    page = windows[0].open("/account")
    page.locator("summary", has_text="Make a token").click()
    page.get_by_label("What for").fill(SPARE)
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#fresh-text")).to_be_visible()
    assert windows[0].overflow() <= 0
    assert faults_of(windows[0]) == []
    page.get_by_label("Present password").fill("not her password")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, once more").fill(PASSWORD)
    windows[0].expected = 401
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#account-answer [role=alert]")).to_be_visible()
    assert faults_of(windows[0]) == []
