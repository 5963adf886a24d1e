"""Streams whose beginning takes long, at OpenAI's addresses: comments, and late errors as chunks."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.db.database import Database
from steelyard.dialects.openai.routes import OpenAiCalls, create_routes
from steelyard.dialects.openai.shelf import ModelShelf
from steelyard.http.sse import HEARTBEAT
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.serving.models import ChatAsk
from steelyard.testing.clock import HandClock
from steelyard.testing.serving import HandAnswer, HandServing

BODIES: Mapping[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]}, "/v1/completions": {"prompt": "hi"},
}  # fmt: skip


@dataclass
class SlowServing(HandServing):
    """Begins an answer when a comment has come."""

    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def chat(self, ask: ChatAsk, caller: Caller, request: Request) -> HandAnswer:
        """Late, whatever it is."""
        async with asyncio.timeout(30):
            await self.heard.wait()
        return await super().chat(ask, caller, request)


def listening(routes: Sequence[BaseRoute], heard: asyncio.Event) -> ASGIApp:
    """The application; ``heard`` is set with the first comment."""
    app = Starlette(routes=routes)

    async def listened(scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message.get("body") == HEARTBEAT.encode():
                heard.set()
            await send(message)

        await app(scope, receive, told)

    return listened


@pytest.fixture
async def serving() -> SlowServing:
    return SlowServing()


@pytest.fixture
async def http(serving: SlowServing, database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    clock = HandClock()
    shelf = cast("ModelShelf", None)  # nobody looks at it
    routes = create_routes(OpenAiCalls(serving, shelf, People(database, clock), clock, silence=0.005))
    transport = httpx2.ASGITransport(app=listening(routes, serving.heard))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield http


async def test_late_answers_and_late_errors(http: httpx2.AsyncClient, serving: SlowServing) -> None:
    for path, model in product(BODIES, ("tiny", "org/none")):
        serving.heard.clear()
        answer = await http.post(path, json={"model": model, "stream": True, **BODIES[path]})
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
        assert answer.text.startswith(HEARTBEAT)
        *_, last, done, rest = answer.text.split("\n\n")
        assert (done, rest) == ("data: [DONE]", "")
        code = json.loads(last.removeprefix("data: ")).get("error", {}).get("code")
        assert code == (None if model == "tiny" else "model_not_found")


async def test_an_early_error_has_its_status(http: httpx2.AsyncClient, serving: SlowServing) -> None:
    serving.heard.set()
    for path, body in BODIES.items():
        answer = await http.post(path, json={"model": "org/none", "stream": True, **body})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found"), path
