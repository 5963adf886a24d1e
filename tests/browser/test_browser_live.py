"""What moves by itself: a pull is watched to its end, its buttons work, a search answers while one types."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shelf import ENDLESS, GGUF, READY, SLOW
from tests.browser.window import Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser and two depots are enough

_WATCH = """
window.seen = [];
window.stays = true;
new MutationObserver(() => {
  const bar = document.querySelector("#coming-in progress[value]");
  if (bar && window.seen.at(-1) !== bar.value) window.seen.push(bar.value);
}).observe(document.getElementById("coming-in"), {subtree: true, childList: true, attributes: true});
"""


def test_a_pull_is_watched_to_its_end(prefixed: str, browser: Browser, windows: list[Window]) -> None:
    windows += [Window(browser, prefixed), Window(browser, prefixed)]
    page, history = windows[0].open("/"), windows[1].open("/downloads")
    page.evaluate(_WATCH)
    history.evaluate("window.stays = true")
    ask(page, SLOW, "ines")
    expect(page.locator("#pull-answer")).to_contain_text(f"{SLOW} is on its way.")
    expect(page.locator("#coming-in")).to_contain_text("for ines")
    row = page.locator("#library tr", has_text=SLOW)
    expect(row).to_contain_text("ready", timeout=60_000)
    expect(page.locator("#coming-in")).not_to_contain_text(SLOW)
    seen = page.evaluate("window.seen")
    assert len(seen) > 2
    assert seen == sorted(seen)
    asked = history.locator("#history tr", has_text=SLOW)
    expect(asked).to_contain_text("done")
    expect(asked).to_contain_text("ines")
    assert page.evaluate("window.stays")
    assert history.evaluate("window.stays")


def test_the_name_is_remembered(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    page = windows[0].open("/")
    ask(page, READY, "ines")
    expect(page.locator("#pull-answer")).to_contain_text("is already on the shelf")
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("ines")


def test_buttons_hold_and_end_a_download(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    page = windows[0].open("/")
    page.on("dialog", lambda dialog: dialog.accept())
    ask(page, ENDLESS, "ines")
    expect(page.locator("#pull-answer")).to_contain_text("is on its way")
    windows[0].open("/downloads")
    job = page.locator("#coming-in .job", has_text=ENDLESS)
    job.get_by_role("button", name="Pause").click()
    expect(page.locator("#jobs-answer")).to_contain_text(f"Paused: {ENDLESS}.")
    expect(job).to_contain_text("paused")
    job.get_by_role("button", name="Resume").click()
    expect(job).to_contain_text("coming in")
    job.get_by_role("button", name="Cancel").click()
    expect(job).to_have_count(0)
    failed = page.locator("#history tr", has_text=ENDLESS)
    expect(failed).to_contain_text("cancelled")
    failed.get_by_role("button", name="Try again").click()
    expect(job).to_have_count(1)
    job.get_by_role("button", name="Cancel").click()
    expect(job).to_have_count(0)


def test_a_search_answers_while_one_types(prefixed: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, prefixed))
    page = windows[0].open("/?sort=size")
    page.evaluate("window.stays = true")
    page.keyboard.press("/")
    page.keyboard.type("chat-g")
    expect(page.locator("#library")).to_contain_text("1 model found")
    expect(page.locator("#library tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/depot/\?q=chat-g&sort=size$"))
    expect(page.locator("#library .tabs")).to_contain_text("trash")
    assert page.evaluate("window.stays")
    page.get_by_label("Format").select_option("gguf")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"q=chat-g&format=gguf"))
    expect(page.locator("#library tbody tr")).to_contain_text(GGUF)


def test_what_was_unfolded_stays_so(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows += [Window(browser, depot), Window(browser, depot)]
    history, library = windows[0].open("/downloads"), windows[1].open("/")
    history.locator("#live[data-live=yes]").wait_for()
    fold = history.locator("#history tr", has_text=GGUF).locator("details")
    fold.locator("summary").click()
    before = history.locator("#history tbody tr").count()
    ask(library, READY, "leo")
    expect(library.locator("#pull-answer")).to_contain_text("is already on the shelf")
    expect(history.locator("#history tbody tr")).to_have_count(before + 1)
    expect(fold).to_have_attribute("open", "")


def ask(page: Page, model: str, name: str) -> None:
    """Fill in the form and send it."""
    page.locator("#live[data-live=yes]").wait_for()
    page.get_by_label("Model", exact=True).fill(model)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Pull", exact=True).click()
