"""Whom the gate does not let in: people get pages, programs and scripts the problem as it is."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from steelyard.core.errors import Forbidden, SteelyardError, Unauthorized
from steelyard.core.signals import Signals
from steelyard.testing.pages import FakeSource
from steelyard.testing.people_pages import GUEST, FakePeople
from steelyard.web.frame import Frame
from steelyard.web.refusal import Refusals
from steelyard.web.routes import create_routes
from steelyard.web.templates import create_templates
from tests.unit.web.conftest import PREFIX, StillClock

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Refusing:
    """An application that lets nobody in."""

    def __init__(self, people: FakePeople, error: SteelyardError) -> None:
        frame = Frame(create_templates(), Signals(), StillClock(), viewers=people)
        routes = create_routes(FakeSource().sources, frame, people.sources)
        self._refuse, self._error = Refusals(frame, Starlette(routes=routes).routes), error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = {**scope, "root_path": PREFIX}
        await self._refuse(scope, self._error)(scope, receive, send)


async def ask(
    error: SteelyardError, method: str, path: str, headers: dict[str, str], people: FakePeople | None = None
) -> httpx2.Response:
    """What somebody gets below the prefix."""
    transport = httpx2.ASGITransport(app=Refusing(people or FakePeople(), error))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://127.0.0.1{PREFIX}") as client:
        return await client.request(method, path, headers=headers)


WHO = Unauthorized("This depot wants to know who asks.", hint="Set STEELYARD_TOKEN.")
NO = Forbidden("This takes the role 'admin'.", hint="Ask an administrator of this depot.")


@pytest.mark.parametrize(
    ("path", "login"),
    [
        ("/", "/depot/login"),
        ("/downloads?status=failed", "/depot/login?next=/downloads%3Fstatus%3Dfailed"),
        ("/models/org/name", "/depot/login?next=/models/org/name"),
        ("/admin/audit", "/depot/login?next=/admin/audit"),
        ("/account", "/depot/login?next=/account"),
    ],
)
async def test_whoever_opens_a_page_is_led_to_the_sign_in(path: str, login: str) -> None:
    answer = await ask(WHO, "GET", path, BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, login)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {"Accept": "*/*"}),
        ("GET", "/api/models", BROWSER),
        ("GET", "/live", BROWSER),
        ("GET", "/live/models/org/name", BROWSER),
        ("GET", "/", {**BROWSER, "HX-Request": "true"}),
        ("POST", "/pages/pull", {"Accept": "*/*"}),
        ("POST", "/pull", BROWSER),
        ("DELETE", "/models/org/name", BROWSER),
        ("GET", "/nowhere", BROWSER),
    ],
)
@pytest.mark.parametrize("error", [WHO, NO])
async def test_programs_and_scripts_get_the_problem(
    method: str, path: str, headers: dict[str, str], error: SteelyardError
) -> None:
    answer = await ask(error, method, path, headers)
    assert answer.status_code == error.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in answer.headers) == (error is WHO)


@pytest.mark.parametrize(("path", "place"), [("/pages/pull", "pull-answer"), ("/pages/jobs/1/cancel", "jobs-answer")])
async def test_a_press_that_comes_too_late_is_answered_where_it_was_made(path: str, place: str) -> None:
    for error, said in ((WHO, "You are signed out, and nothing was done."), (NO, "This takes the role")):
        answer = await ask(error, "POST", path, {"Accept": "text/html", "HX-Request": "true"})
        assert answer.status_code == error.status
        assert f'<hx-partial hx-target="#{place}"' in answer.text
        assert said in answer.text


async def test_whoever_may_not_is_told_on_a_page() -> None:
    answer = await ask(NO, "GET", "/admin", BROWSER, FakePeople(looking=GUEST))
    assert answer.status_code == 403
    for text in ("Not allowed", "This takes the role", "Ask an administrator of this depot.", "bob"):
        assert text in answer.text
    assert "content-security-policy" in answer.headers


async def test_a_form_that_comes_too_late_says_that_nothing_was_done() -> None:
    answer = await ask(WHO, "POST", "/pages/admin/users", BROWSER)
    assert answer.status_code == 401
    for text in ("You are signed out", "nothing was done.", 'href="/depot/login"'):
        assert text in answer.text
    told = await ask(NO, "POST", "/pages/admin/users", BROWSER, FakePeople(looking=GUEST))
    assert (told.status_code, "This takes the role" in told.text) == (403, True)
