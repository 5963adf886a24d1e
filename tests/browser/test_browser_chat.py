"""Chatting in a browser, and what the page of running models shows of it: before a depot below a prefix, whose models
are echoes of another server."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Literal

import httpx2
import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess
from tests.browser.echoes import EchoThread
from tests.browser.test_browser_keyboard import walk
from tests.browser.test_browser_pages import UNFOLD, faults_of
from tests.browser.window import DESKTOP, PHONE, Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser and a few depots are enough

MODEL = "acme/parrot"
HOSTILE = "<img src=x onerror='window.hacked = 1'><b>bold</b>"
_PATIENCE = 10.0  # seconds
_SLOW = Behaviour(endless=True, token_seconds=0.02)


@pytest.fixture(scope="module")
def server() -> Iterator[EchoThread]:
    """The server that has the model."""
    with EchoThread(MODEL) as echo:
        yield echo


@pytest.fixture
def echo(server: EchoThread) -> Iterator[EchoThread]:
    """The same, which behaves as usual at first."""
    server.behaviour = Behaviour()
    yield server
    server.behaviour = Behaviour()


@pytest.fixture(scope="module")
def talking(
    program: str, server: EchoThread, hub: StandInHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a depot that asks that server."""
    more = {
        "STEELYARD_SERVER__PUBLIC_URL": "http://127.0.0.1/depot",
        "STEELYARD_ENGINES__ORDER": "remote,vllm",
        "STEELYARD_ENGINES__REMOTES": json.dumps([{"url": server.url}]),
    }
    with DepotProcess(tmp_path_factory.mktemp("talking") / "home", hub.url, more=more) as process:
        yield f"{process.url}/depot"


def say(page: Page, text: str) -> None:
    """Type it, and send it by the key."""
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    give_up = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < give_up, "it never came to be so"
        time.sleep(0.01)


def test_an_answer_is_shown_as_text_with_its_timings(
    talking: str, echo: EchoThread, browser: Browser, windows: list[Window]
) -> None:
    windows.append(Window(browser, talking))
    page = windows[0].open(f"/chat?model={MODEL}")
    expect(page.get_by_label("Your message")).to_be_focused()
    page.get_by_text("How it is to answer").click()
    page.get_by_label("Temperature").fill("0.5")
    page.get_by_label("Longest answer").fill("20")
    page.get_by_label("Instructions").fill("Be short.")
    say(page, HOSTILE)
    answers = page.locator(".said.model")
    expect(answers.locator(".words")).to_have_text(HOSTILE)
    expect(answers.locator(".fine")).to_contain_text(re.compile(r"^remote · \d+ tokens? in .* first word after"))
    say(page, "And again?")
    expect(answers).to_have_count(2)
    expect(answers.nth(1).locator(".fine")).to_be_visible()
    asked = echo.tally.bodies[-1]
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert (asked["temperature"], asked["max_tokens"]) == (0.5, 20)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".said")).to_have_count(0)
    assert page.evaluate("window.hacked") is None
    assert windows[0].violations() == []


@pytest.mark.parametrize("way", ["button", "key"])
def test_an_answer_is_stopped_for_good(
    talking: str, echo: EchoThread, browser: Browser, windows: list[Window], way: str
) -> None:
    echo.behaviour = _SLOW
    windows.append(Window(browser, talking))
    page = windows[0].open(f"/chat?model={MODEL}")
    say(page, "on and on")
    answer = page.locator(".said.model")
    expect(answer.locator(".words")).to_contain_text("on and onon and on")
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    assert echo.tally.running == 1
    if way == "button":
        page.get_by_role("button", name="Stop").click()
    else:
        page.keyboard.press("Escape")
    expect(answer.locator(".fine")).to_have_text("Stopped.")
    eventually(lambda: echo.tally.running == 0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()
    echo.behaviour = Behaviour()
    say(page, "Go on.")
    expect(answer.nth(1).locator(".words")).to_have_text("Go on.")
    assert len(echo.tally.bodies[-1]["messages"]) == 3, "what came before the stop is part of the conversation"


def test_a_new_chat_ends_the_answer_of_the_old_one(
    talking: str, echo: EchoThread, browser: Browser, windows: list[Window]
) -> None:
    echo.behaviour = _SLOW
    windows.append(Window(browser, talking))
    page = windows[0].open(f"/chat?model={MODEL}")
    say(page, "on and on")
    expect(page.locator(".said.model .words")).to_contain_text("on")
    page.get_by_role("button", name="New chat").click()
    eventually(lambda: echo.tally.running == 0)
    echo.behaviour = Behaviour()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    say(page, "Afresh")
    expect(page.locator(".said.model .words")).to_have_text("Afresh")
    assert len(echo.tally.bodies[-1]["messages"]) == 1


def test_a_refusal_says_what_to_do_and_gives_the_question_back(
    talking: str, browser: Browser, windows: list[Window]
) -> None:
    windows.append(Window(browser, talking))
    page = windows[0].open("/chat?model=acme/nowhere")
    windows[0].expected = 404
    say(page, "Anybody?")
    reason = page.locator(".said.model .reason")
    expect(reason).to_contain_text("acme/nowhere is not here.")
    expect(reason).to_contain_text("steelyard pull acme/nowhere")
    expect(page.locator("#chat-state")).to_be_empty()
    expect(page.get_by_label("Your message")).to_have_value("Anybody?")


def test_an_error_within_the_answer_keeps_what_came(
    talking: str, echo: EchoThread, browser: Browser, windows: list[Window]
) -> None:
    echo.behaviour = Behaviour(error_after=2)
    windows.append(Window(browser, talking))
    page = windows[0].open(f"/chat?model={MODEL}")
    say(page, "one two three four")
    expect(page.locator(".said.model .reason")).to_be_visible()
    expect(page.locator(".said.model .words")).to_have_text("one two ")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_a_number_that_cannot_be_is_pointed_at(
    talking: str, echo: EchoThread, browser: Browser, windows: list[Window]
) -> None:
    windows.append(Window(browser, talking))
    page = windows[0].open(f"/chat?model={MODEL}")
    page.get_by_text("How it is to answer").click()
    page.get_by_label("Temperature").fill("9")
    page.get_by_text("How it is to answer").click()
    say(page, "Hello")
    expect(page.get_by_label("Temperature")).to_be_focused()
    expect(page.locator(".said")).to_have_count(0)


@pytest.mark.parametrize(
    ("width", "scheme"), [(PHONE, "dark"), (PHONE, "light"), (DESKTOP, "dark"), (DESKTOP, "light")]
)
def test_both_pages_are_whole_and_fit_for_everybody(
    talking: str,
    echo: EchoThread,
    browser: Browser,
    windows: list[Window],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    windows.append(Window(browser, talking, width=width, scheme=scheme))
    page = windows[0].open(f"/chat?model={MODEL}")
    page.get_by_label("Your message").fill("Hello " * 40)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".said.model .fine")).to_be_visible()
    page.evaluate(UNFOLD)
    for path in (None, "/running", "/"):
        if path is not None:
            page = windows[0].open(path)
            expect(page.locator("main")).to_contain_text(MODEL)
            page.locator("#live[data-live=yes]").wait_for()
        assert windows[0].overflow() <= 0
        assert page.locator("h1").count() == 1
        assert windows[0].violations() == []
        assert faults_of(windows[0]) == []


def test_everything_is_reached_by_tab_and_seen(talking: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, talking))
    page = windows[0].open(f"/chat?model={MODEL}")
    page.get_by_text("How it is to answer").click()
    page.locator(".skip").focus()
    stops = walk(page, "chat-system")
    names = [name for name, _ in stops]
    order = ["chat-model", "chat-anew", "chat-log", "chat-text", "chat-send", "chat-temperature", "chat-most"]
    assert [name for name in names if name in order] == order
    assert [name for name, is_seen in stops if not is_seen] == []


def test_a_model_comes_into_memory_and_is_let_go_before_ones_eyes(
    talking: str, echo: EchoThread, browser: Browser, windows: list[Window]
) -> None:
    windows += [Window(browser, talking), Window(browser, talking)]
    httpx2.post(f"{talking}/api/v1/engines/unload", json={"model": MODEL}).raise_for_status()
    running, chat = windows[0].open("/running"), windows[1].open(f"/chat?model={MODEL}")
    expect(running.locator("#loaded")).to_contain_text("No model is in memory.")
    expect(running.locator("#engines")).to_contain_text("Next step")
    echo.behaviour = _SLOW
    say(chat, "on and on")
    row = running.locator("#loaded tbody tr", has_text=MODEL)
    expect(row).to_contain_text("1 request")
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    running.on("dialog", agree)
    row.get_by_role("button", name=f"Unload {MODEL}").click()
    expect(running.locator("#running-answer")).to_contain_text(f"{MODEL} leaves memory")
    assert len(asked) == 1
    expect(row).to_contain_text("1 request")
    chat.get_by_role("button", name="Stop").click()
    expect(row).to_have_count(0)


def test_without_a_script_the_pages_say_what_they_can(talking: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, talking, script=False))
    page = windows[0].open(f"/chat?model={MODEL}")
    expect(page.get_by_text("This page needs JavaScript.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    httpx2.post(f"{talking}/chat", json={"model": MODEL, "messages": []}).raise_for_status()
    page = windows[0].open("/running")
    page.get_by_role("button", name=f"Unload {MODEL}").click()
    expect(page.locator("#running-answer")).to_contain_text(f"{MODEL} leaves memory")
