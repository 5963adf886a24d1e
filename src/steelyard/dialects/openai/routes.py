"""OpenAI's addresses: parse, ask serving, encode."""

import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.ids import new_uuid
from steelyard.dialects.openai.bodies import ChatBody, CompletionBody, EmbeddingBody
from steelyard.dialects.openai.chat import ChatShape
from steelyard.dialects.openai.errors import answer as told
from steelyard.dialects.openai.head import Head
from steelyard.dialects.openai.reading import read
from steelyard.dialects.openai.several import Several
from steelyard.dialects.openai.shelf import ModelShelf
from steelyard.dialects.openai.stream import Started, failed
from steelyard.dialects.openai.text import TextShape
from steelyard.dialects.openai.vectors import vectors_json
from steelyard.http.beating import EVERY, BeatingResponse
from steelyard.http.body import body_of
from steelyard.http.bodylimit import Routes
from steelyard.http.closing import ClosingResponse
from steelyard.http.plain import PlainJson
from steelyard.identity.people import People
from steelyard.serving.pieces import gathered
from steelyard.serving.protocol import Answer, Serving
from steelyard.usage.note import note

logger = logging.getLogger(__name__)
_DOOR = "/v1"
ROOMY: Routes = (("POST", re.compile(r"/v1/(chat/completions|completions|embeddings)")),)
Handler = Callable[[Request], Awaitable[Response]]


class OpenAiCalls:
    """Everything that OpenAI's clients call here."""

    def __init__(
        self, serving: Serving, shelf: ModelShelf, people: People, clock: Clock, silence: float = EVERY
    ) -> None:
        """``silence`` in seconds: after so much of it a stream says that it is still there."""
        self._serving = serving
        self._silence = silence
        self._shelf = shelf
        self._people = people
        self._clock = clock

    async def models(self, request: Request) -> Response:
        """``GET /v1/models``."""
        caller = await self._people.caller(request.scope)
        note(request, caller=caller)
        return PlainJson({"object": "list", "data": await self._shelf.all(caller)})

    async def model(self, request: Request) -> Response:
        """``GET /v1/models/{id}``."""
        caller = await self._people.caller(request.scope)
        note(request, caller=caller)
        return PlainJson(await self._shelf.one(request.path_params["model"], caller))

    async def chat(self, request: Request) -> Response:
        """``POST /v1/chat/completions``."""
        caller = await self._people.caller(request.scope)
        body = read(ChatBody, await body_of(request))
        asked, shape = (body.as_ask(), caller, request), ChatShape(self._head("chatcmpl", body.model))
        if body.stream:
            return self._streamed(partial(self._serving.chat, *asked), shape, tells_usage=body.tells_usage)
        return await _whole(await self._serving.chat(*asked), shape)

    async def complete(self, request: Request) -> Response:
        """``POST /v1/completions``."""
        caller = await self._people.caller(request.scope)
        body = read(CompletionBody, await body_of(request))
        asks, head = body.as_asks(), self._head("cmpl", body.model)
        if len(asks) > 1:
            return PlainJson(await Several(self._serving, self._clock, caller, request).answer(asks, head))
        if body.stream:
            begin = partial(self._serving.chat, asks[0], caller, request)
            return self._streamed(begin, TextShape(head), tells_usage=body.tells_usage)
        return await _whole(await self._serving.chat(asks[0], caller, request), TextShape(head))

    async def embed(self, request: Request) -> Response:
        """``POST /v1/embeddings``."""
        caller = await self._people.caller(request.scope)
        body = read(EmbeddingBody, await body_of(request))
        embedded = await self._serving.embed(body.as_ask(), caller, request)
        return PlainJson(vectors_json(embedded, body.model, is_base64=body.encoding_format == "base64"))

    def _streamed(
        self, ask: Callable[[], Awaitable[Answer]], shape: ChatShape | TextShape, *, tells_usage: bool
    ) -> BeatingResponse:
        """A stream; what goes wrong before its first piece has a status of its own, unless that took long."""

        async def begin() -> Response:
            answer = await ask()
            started = Started(answer)
            await started.begin()
            events = started.events(shape, tells_usage=tells_usage)
            return ClosingResponse(events, media_type="text/event-stream", close=answer.close)

        return BeatingResponse(begin, failed, _refused, self._silence)

    def _head(self, kind: str, model: str) -> Head:
        return Head(f"{kind}-{new_uuid()}", model, int(self._clock.now().timestamp()))


def create_routes(calls: OpenAiCalls) -> list[Route]:
    """The addresses; every error of ours goes out in OpenAI's shape."""
    return [
        Route(f"{_DOOR}/models", _explained(calls.models), methods=["GET"]),
        Route(f"{_DOOR}/models/{{model:path}}", _explained(calls.model), methods=["GET"]),
        Route(f"{_DOOR}/chat/completions", _explained(calls.chat), methods=["POST"]),
        Route(f"{_DOOR}/completions", _explained(calls.complete), methods=["POST"]),
        Route(f"{_DOOR}/embeddings", _explained(calls.embed), methods=["POST"]),
    ]


def is_openai(path: str) -> bool:
    """Whether a path, without the prefix of the public address, is one of OpenAI's."""
    return path == _DOOR or path.startswith(f"{_DOOR}/")


def refusal(error: SteelyardError) -> Response:
    """An error as OpenAI's clients read it."""
    answer = told(error)
    return JSONResponse(answer.body, answer.status, headers=answer.headers)


def _explained(handler: Handler) -> Handler:
    async def explained(request: Request) -> Response:
        try:
            return await handler(request)
        except SteelyardError as error:
            return _refused(error)

    return explained


def _refused(error: SteelyardError) -> Response:
    if error.status >= 500:
        logger.warning("%s: %s", error.slug, error.detail)
    return refusal(error)


async def _whole(answer: Answer, shape: ChatShape | TextShape) -> Response:
    """All of it; the answer is closed in the end."""
    try:
        pieces = await gathered(answer.pieces())
    finally:
        await answer.close()
    return PlainJson(shape.whole(pieces, answer.ending))
