"""A real browser before real depots: one of each for all tests, and a fresh window for each test."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from steelyard.testing.hub import HubThread, StandInHub
from steelyard.testing.process import DepotProcess
from tests.browser.shelf import stock_depot, stock_hub
from tests.browser.window import Window

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Tests run as root in containers, where the sandbox cannot; the rest keeps the browser from calling home.
_ARGUMENTS = (
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-first-run", "--no-default-browser-check",
)  # fmt: skip


@pytest.fixture(scope="session")
def program() -> str:
    """Where the system's Chromium is."""
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None:
        missing = f"no browser here: none of {', '.join(_PROGRAMS)} is installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@pytest.fixture(scope="module")
def browser(program: str) -> Iterator[Browser]:
    """Chromium, without a window. Playwright's event loop runs in this thread for as long as this lives, and no other
    can: so it must end before tests of other folders begin."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def hub() -> Iterator[StandInHub]:
    """The hub behind both depots."""
    with HubThread() as hub:
        stock_hub(hub)
        yield hub


@pytest.fixture(scope="session")
def depot(program: str, hub: StandInHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a depot at the root of its host, with something of everything."""
    with DepotProcess(tmp_path_factory.mktemp("plain") / "home", hub.url) as process:
        stock_depot(process.url)
        yield process.url


@pytest.fixture(scope="session")
def prefixed(program: str, hub: StandInHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one like it below ``/depot``."""
    public = {"STEELYARD_SERVER__PUBLIC_URL": "http://127.0.0.1/depot"}
    with DepotProcess(tmp_path_factory.mktemp("prefixed") / "home", hub.url, more=public) as process:
        stock_depot(f"{process.url}/depot")
        yield f"{process.url}/depot"


@pytest.fixture
def windows(browser: Browser) -> Iterator[list[Window]]:
    """The windows of a test: whatever went wrong in one of them fails it."""
    opened: list[Window] = []
    yield opened
    for window in opened:
        window.close()
    assert [fault for window in opened for fault in window.faults] == []
