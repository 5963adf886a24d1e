"""The pages over a fake depot, asked as browsers ask."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.core.errors import SteelyardError
from steelyard.core.signals import Signals
from steelyard.testing.pages import FakeSource
from steelyard.testing.people_pages import FakePeople
from steelyard.web.frame import Frame
from steelyard.web.routes import create_routes
from steelyard.web.templates import create_templates
from steelyard.web.viewer import EVERYBODY

PREFIX = "/depot"


@dataclass(frozen=True)
class StillClock:
    """A clock that stands at 10:00 on 12 March 2026."""

    def now(self) -> datetime:
        """Always the same moment."""
        return datetime(2026, 3, 12, 10, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        """Nothing passes."""
        return 0.0


@dataclass(frozen=True)
class Prefixed:
    """What the application does with a path prefix: set ``root_path`` and take it off the path."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without the prefix."""
        if scope["type"] == "http":
            scope = {**scope, "root_path": PREFIX, "path": scope["path"].removeprefix(PREFIX)}
        await self.app(scope, receive, send)


async def _problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SteelyardError):
        raise error
    return JSONResponse({"detail": error.detail}, error.status)


@pytest.fixture
def source() -> FakeSource:
    """The depot behind the page."""
    return FakeSource()


@pytest.fixture
def signals() -> Signals:
    """The signals of the depot."""
    return Signals()


@pytest.fixture
def people() -> FakePeople:
    """The people of the depot; everybody looks, as in an open one."""
    return FakePeople(looking=EVERYBODY)


@pytest.fixture
def app(source: FakeSource, people: FakePeople, signals: Signals) -> ASGIApp:
    """The pages as an application of their own; messages of the stream come without a pause."""
    frame = Frame(create_templates(), signals, StillClock(), pause=0.0, viewers=people)
    routes = create_routes(source.sources, frame, people.sources)
    return Starlette(routes=routes, exception_handlers={SteelyardError: _problem})


@pytest.fixture
async def browser(app: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that reads HTML and follows no redirect."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers={"Accept": "text/html"}
    ) as client:
        yield client


@pytest.fixture
async def prefixed(app: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    """The same below ``/depot``."""
    transport = httpx2.ASGITransport(app=Prefixed(app))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://127.0.0.1/depot", headers={"Accept": "text/html"}
    ) as client:
        yield client
