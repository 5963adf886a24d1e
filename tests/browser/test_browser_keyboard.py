"""Everything can be reached and seen without a mouse, and what one chooses is kept."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shelf import READY
from tests.browser.window import DESKTOP, PHONE, Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser and two depots are enough

_STEPS = 150
_FOCUS = """() => {
  const {id, tagName} = document.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
  return [id || tagName, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
}"""


def test_the_first_stop_skips_to_the_content(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    for path in ("/", "/downloads", f"/models/{READY}", "/docs"):
        page = windows[0].open(path)
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        expect(skip).to_have_text("Skip to the content")
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize(
    ("path", "last"), [("/", "pull-send"), ("/downloads", "history-send"), (f"/models/{READY}", "verify-send")]
)
def test_forms_are_reached_by_tab_and_focus_is_seen(
    depot: str, browser: Browser, windows: list[Window], path: str, last: str, width: int
) -> None:
    windows.append(Window(browser, depot, width=width))
    stops = walk(windows[0].open(path), last)
    assert stops[-1][0] == last
    assert [name for name, is_seen in stops if not is_seen] == []


def test_the_theme_is_kept(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    page = windows[0].open("/")
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def walk(page: Page, last: str) -> list[tuple[str, bool]]:
    """Every stop of the Tab key up to one, and whether the eye can find it."""
    stops: list[tuple[str, bool]] = []
    while len(stops) < _STEPS and (not stops or stops[-1][0] != last):
        page.keyboard.press("Tab")
        name, is_seen = page.evaluate(_FOCUS)
        stops.append((name, is_seen))
    return stops
