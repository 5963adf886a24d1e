"""``/api/chat``, ``/api/generate``, ``/api/embed`` and ``/api/embeddings``."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.dialects.ollama.asks import Asked, of_chat, of_embed, of_embeddings, of_generate
from steelyard.dialects.ollama.bodies import ChatBody, EmbedBody, EmbeddingsBody, GenerateBody
from steelyard.dialects.ollama.calls import Calls
from steelyard.dialects.ollama.context import TOO_LONG, pack
from steelyard.dialects.ollama.errors import text_of
from steelyard.dialects.ollama.reading import read_body
from steelyard.dialects.ollama.shapes import Line, Shape, embedded_json
from steelyard.http.closing import ClosingResponse, Last
from steelyard.http.plain import PlainJson, to_bytes
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.serving.models import EmbedAsk, Embedded, Piece
from steelyard.serving.pieces import gathered
from steelyard.serving.protocol import Answer, Serving
from steelyard.usage.note import note

NDJSON = "application/x-ndjson"


class TalkCalls:
    """Everything that asks a model."""

    def __init__(self, serving: Serving, people: People, clock: Clock) -> None:
        self._serving = serving
        self._people = people
        self._clock = clock

    async def chat(self, request: Request) -> Response:
        """``POST /api/chat``."""
        body = await read_body(request, ChatBody)
        caller = await self._people.caller(request.scope)
        asked = of_chat(body)
        shape = Shape(body.model, self._clock, is_chat=True, shows_thinking=asked.shows_thinking)
        return await self._answered(request, caller, asked, shape, is_streamed=body.is_streamed)

    async def generate(self, request: Request) -> Response:
        """``POST /api/generate``."""
        body = await read_body(request, GenerateBody)
        caller = await self._people.caller(request.scope)
        asked = of_generate(body)
        shape = Shape(body.model, self._clock, is_chat=False, shows_thinking=asked.shows_thinking)
        return await self._answered(request, caller, asked, shape, is_streamed=body.is_streamed)

    async def embed(self, request: Request) -> Response:
        """``POST /api/embed``."""
        body = await read_body(request, EmbedBody)
        return PlainJson(embedded_json(await self._embedded(request, of_embed(body)), body.model))

    async def embeddings(self, request: Request) -> Response:
        """``POST /api/embeddings``: one text, one vector."""
        body = await read_body(request, EmbeddingsBody)
        embedded = await self._embedded(request, of_embeddings(body))
        return PlainJson({"embedding": list(next(iter(embedded.vectors), ()))})

    async def _embedded(self, request: Request, ask: EmbedAsk) -> Embedded:
        return await self._serving.embed(ask, await self._people.caller(request.scope), request)

    async def _answered(
        self, request: Request, caller: Caller, asked: Asked, shape: Shape, *, is_streamed: bool
    ) -> Response:
        if asked.is_unload:
            note(request, caller=caller, model=str(ref.parse(asked.ask.model).bare))
            await self._serving.unload(asked.ask.model, caller, spares_pinned=True)
            return PlainJson(shape.unloaded())
        answer = await self._serving.chat(asked.ask, caller, request)
        try:
            pieces = answer.pieces()
            first = await anext(pieces, None)
            if not is_streamed or asked.ask.is_load:
                return PlainJson(await _whole(answer, pieces, first, asked, shape))
        except BaseException:
            await answer.close()
            raise
        lines = _lines(answer, pieces, first, asked, shape)
        return ClosingResponse(lines, media_type=NDJSON, close=answer.close)


def line(content: Line) -> bytes:
    """One line of a stream."""
    return to_bytes(content) + b"\n"


async def _whole(
    answer: Answer, pieces: AsyncIterator[Piece], first: Piece | None, asked: Asked, shape: Shape
) -> dict[str, Any]:
    """The whole answer. It is closed after, so that the event of the request knows all of it."""
    taken = [] if first is None else [first, *await gathered(pieces)]
    await answer.close()
    calls = Calls()
    for piece in taken:
        calls.take(piece.tool_calls)
    said = "".join(piece.content for piece in taken)
    return shape.whole(taken, calls.whole(), _last(answer, said, asked, shape))


async def _lines(
    answer: Answer, pieces: AsyncIterator[Piece], first: Piece | None, asked: Asked, shape: Shape
) -> AsyncGenerator[str | bytes, None]:
    """The pieces as they come, calls of tools, and how it ended; an error travels in the stream."""
    calls, said, piece = Calls(), list[str](), first
    try:
        while piece is not None:
            calls.take(piece.tool_calls)
            said.append(piece.content)
            shown = shape.piece(piece)
            if shown is not None:
                yield line(shown)
            piece = await anext(pieces, None)
        whole = calls.whole()
        if whole:
            yield line(shape.said(calls=whole))
        yield Last(line(_last(answer, "".join(said), asked, shape)))
    except SteelyardError as error:
        yield Last(line({"error": text_of(error)}))


def _last(answer: Answer, said: str, asked: Asked, shape: Shape) -> Line:
    if not asked.goes_on:
        return shape.last(answer.ending, None, asked.notes)
    context = pack([*asked.ask.messages, {"role": "assistant", "content": said}])
    return shape.last(answer.ending, context, asked.notes if context is not None else [*asked.notes, TOO_LONG])
