"""What an owner does on the page of a model: change it, delete it, have it back, let it go."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.shelf import EDITED, READY, SPARE
from tests.browser.window import Window

pytestmark = pytest.mark.xdist_group("browser")  # one browser and two depots are enough

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"


def test_a_model_is_changed_and_found_by_its_new_name(prefixed: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, prefixed))
    page = windows[0].open(f"/models/{EDITED}")
    fill_in(page, {"Name": HOSTILE, "Description": HOSTILE, "Tags": "chat, tiny", "Other names": "pet"})
    page.get_by_label("Pinned").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#model-answer")).to_contain_text("Saved.")
    state = page.locator("#model-state")
    for words in (HOSTILE, "tiny", "pet", "pinned"):
        expect(state).to_contain_text(words)
    windows[0].open("/models/pet")
    expect(page.get_by_role("heading", level=1)).to_have_text(EDITED)
    windows[0].open("/?q=pet")
    expect(page.locator("#library tbody tr")).to_contain_text(HOSTILE)
    assert page.evaluate("window.hacked") is None


def test_a_refused_change_says_why_and_keeps_what_was_typed(
    depot: str, browser: Browser, windows: list[Window]
) -> None:
    windows.append(Window(browser, depot))
    page = windows[0].open(f"/models/{EDITED}")
    fill_in(page, {"Description": "Typed with care", "Other names": "ready!"})
    windows[0].expected = 422
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#model-answer .notice.bad")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Typed with care")


def test_a_deletion_can_be_undone(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    page = windows[0].open(f"/models/{SPARE}")
    delete(page)
    expect(page.locator("#model-answer")).to_contain_text(f"{SPARE} is in the trash.")
    page.get_by_role("button", name="Undo: bring it back").click()
    expect(page.locator("#model-answer")).to_contain_text(f"{SPARE} is back on the shelf.")
    expect(page.locator("#model-state")).to_contain_text("ready")


def test_from_the_trash_things_come_back_or_go(prefixed: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, prefixed))
    page = windows[0].open(f"/models/{SPARE}")
    page.evaluate("localStorage.setItem('steelyard-name', 'ines')")
    delete(page)
    expect(page.locator("#model-state")).to_contain_text("by ines")
    row = page.locator("#library tr", has_text=SPARE)
    windows[0].open("/")
    expect(page.locator("#library")).to_contain_text(READY)
    expect(row).to_have_count(0)
    windows[0].open("/?status=deleted")
    row.get_by_role("button", name="Restore").click()
    expect(page.locator("#model-answer")).to_contain_text("is back on the shelf")
    expect(row).to_have_count(0)
    windows[0].open(f"/models/{SPARE}")
    delete(page)
    windows[0].open("/?status=deleted")
    row.get_by_text("Purge…").click()
    row.get_by_role("button", name="now").click()
    expect(page.locator("#model-answer")).to_contain_text(SPARE)
    expect(row).to_have_count(0)


def test_files_are_verified_and_the_outcome_is_told(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    page = windows[0].open(f"/models/{READY}")
    page.get_by_role("button", name="Verify its files").click()
    expect(page.locator("#model-answer")).to_contain_text("is being hashed again")
    expect(page.locator("#check")).to_contain_text("as they should be")


def test_a_line_is_copied(depot: str, browser: Browser, windows: list[Window]) -> None:
    windows.append(Window(browser, depot))
    windows[0].context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = windows[0].open(f"/models/{READY}")
    page.get_by_role("button", name="Copy: Command line").click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    assert f"steelyard pull {READY} --wait" in page.evaluate("navigator.clipboard.readText()")


def fill_in(page: Page, fields: dict[str, str]) -> None:
    """Open the form of the model and fill in some of its fields."""
    page.get_by_text("Name, description, tags and marks").click()
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)


def delete(page: Page) -> None:
    """Open what is folded, and press the button in it."""
    page.get_by_text("Delete it…").click()
    page.get_by_role("button", name="Move it to the trash").click()
