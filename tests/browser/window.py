"""A browser window that keeps everything that should not have happened in it."""

from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

PHONE, DESKTOP = 390, 1280  # pixels
_HEIGHTS = {PHONE: 844, DESKTOP: 900}
_LEFT = "net::ERR_ABORTED"  # a page that is left ends its stream, and what it was still loading
_PATIENCE = 15_000.0  # milliseconds until something that should happen counts as not happening
_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


class Window:
    """One page in a context of its own. ``faults`` collects console errors, failed requests and broken policies.

    ``expected`` is the status that the page itself may have without it being a fault.
    """

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        width: int = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        script: bool = True,
        zone: str = "UTC",
    ) -> None:
        self.address = address
        self.faults: list[str] = []
        self.expected = 200
        self.context = browser.new_context(
            viewport={"width": width, "height": _HEIGHTS[width]}, color_scheme=scheme, java_script_enabled=script,
            timezone_id=zone,
        )  # fmt: skip
        self.context.set_default_timeout(_PATIENCE)
        self.context.add_init_script(_NOTE_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def open(self, path: str, expected: int = 200) -> Page:
        """Load a page below the depot's address."""
        self.expected = expected
        answer = self.page.goto(f"{self.address}{path}")
        assert answer is not None
        assert answer.status == expected
        return self.page

    def violations(self) -> list[Any]:
        """What the policy of this page has forbidden."""
        return list(self.page.evaluate("window.violations"))

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return int(width)

    def close(self) -> None:
        """End it; the stream that it cuts is no fault."""
        self.page.remove_listener("requestfailed", self._failed)
        self.context.close()

    def _console(self, message: ConsoleMessage) -> None:
        told = self.expected != 200 and f"status of {self.expected}" in message.text
        if message.type in ("error", "warning") and not told:
            self.faults.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.faults.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status != self.expected:
            self.faults.append(f"status: {response.status} {response.url}")
