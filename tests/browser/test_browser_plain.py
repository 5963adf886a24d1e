"""The same without JavaScript: plain links, plain forms, a page for every answer."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.shelf import GATED, PLAIN
from tests.browser.window import Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser and two depots are enough

_LOOKS = 100


def test_a_model_is_pulled_deleted_and_had_back(prefixed: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, prefixed, script=False))
    page = windows[0].open("/")
    page.get_by_label("Model", exact=True).fill(PLAIN)
    page.get_by_label("Your name").fill("tomas")
    page.get_by_role("button", name="Pull", exact=True).click()
    expect(page.locator("#pull-answer")).to_contain_text(PLAIN)
    row = page.locator("#library tr", has_text=PLAIN)
    for _ in range(_LOOKS):
        windows[0].open(f"/?q={PLAIN}")
        if row.get_by_text("ready").count():
            break
    expect(row).to_contain_text("tomas")
    row.get_by_role("link", name=PLAIN).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(PLAIN)
    page.get_by_text("Delete it…").click()
    page.get_by_role("button", name="Move it to the trash").click()
    expect(page.locator("#model-answer")).to_contain_text("is in the trash")
    page.get_by_role("link", name="Downloads").click()
    expect(page.locator("#history tr", has_text=PLAIN)).to_contain_text("done")
    windows[0].open("/?status=deleted")
    row.get_by_role("button", name="Restore").click()
    expect(page.locator("#model-answer")).to_contain_text(f"{PLAIN} is back on the shelf.")


def test_a_refusal_is_a_page_that_says_what_to_do(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot, script=False))
    page = windows[0].open("/")
    page.get_by_label("Model", exact=True).fill(GATED)
    windows[0].expected = 403
    page.get_by_role("button", name="Pull", exact=True).click()
    expect(page.locator("#pull-answer .notice.bad")).to_contain_text("gated")
    expect(page.get_by_label("Model", exact=True)).to_have_value(GATED)


def test_what_only_scripts_can_do_is_not_offered(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot, script=False))
    page = windows[0].open(f"/models/{PLAIN}", expected=404)
    expect(page.locator("#theme")).to_be_hidden()
    expect(page.locator("#live")).to_be_hidden()
    expect(page.get_by_label("Model", exact=True)).to_have_value(PLAIN)
