"""Every page, on a phone and on a desk, light and dark, at the root and below a prefix."""

from pathlib import Path
from typing import Any, Literal

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import Browser

from tests.browser.shelf import DELETED, GGUF, MISSING
from tests.browser.window import DESKTOP, PHONE, Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser and two depots are enough

PAGES = {
    "library": ("/", 200),
    "model": (f"/models/{GGUF}", 200),
    "downloads": ("/downloads", 200),
    "insights": ("/insights", 200),
    "trash": ("/?status=deleted", 200),
    "deleted": (f"/models/{DELETED}", 200),
    "unknown": (f"/models/{MISSING}", 404),
    "docs": ("/docs", 200),
}
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
UNFOLD = "for (const fold of document.querySelectorAll('details')) fold.open = true"
# The API page repeats one template some sixty times, for which axe takes seconds; the first two groups tell the same.
SHORTEN = "for (const group of document.querySelectorAll('.groups > :nth-child(n+3)')) group.remove()"
# Only what is looked at comes back: all that axe says about a page is megabytes.
RUN_AXE = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  const violations = found.violations.map(({id, help, nodes}) => [id, help, nodes.map(({html}) => html.slice(0, 200))]);
  return {passes: found.passes.length, violations};
}"""
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("place", ["depot", "prefixed"])
def test_a_page_is_whole_and_fit_for_everybody(
    request: pytest.FixtureRequest,
    browser: Browser,
    windows: list[Window],
    place: str,
    width: int,
    scheme: Literal["light", "dark"],
    page: str,
) -> None:
    path, status = PAGES[page]
    window = Window(browser, request.getfixturevalue(place), width=width, scheme=scheme)
    windows.append(window)
    shown = window.open(path, status)
    if shown.locator("#stream").count():
        shown.locator("#live[data-live=yes]").wait_for()
    shown.evaluate(UNFOLD)
    assert window.overflow() <= 0
    assert shown.locator("h1").count() == 1
    assert window.violations() == []
    assert faults_of(window) == []


def test_the_days_of_insights_begin_where_the_reader_is(depot: str, browser: Browser, windows: list[Window]) -> None:
    window = Window(browser, depot, zone="Europe/Berlin")
    windows.append(window)
    shown = window.open("/insights?days=7")
    shown.wait_for_url("**/insights?days=7&tz=Europe%2FBerlin")
    assert shown.get_by_label("Time zone").input_value() == "Europe/Berlin"
    assert shown.get_by_label("Time", exact=True).input_value() == "7"
    shown.get_by_label("Time zone").fill("UTC")
    shown.get_by_role("button", name="Show").click()
    shown.wait_for_url("**/insights?days=7&tz=UTC")


def faults_of(window: Window) -> list[Any]:
    """What axe finds against WCAG 2.2 AA.

    The script comes in by the debugger's evaluation, which the page's policy does not judge: so the policy stays on.
    """
    window.page.evaluate(SHORTEN)
    window.page.evaluate(AXE)
    found = window.page.evaluate(RUN_AXE, RULES)
    assert found["passes"] > 10
    return list(found["violations"])
