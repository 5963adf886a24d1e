"""Speaks OpenAI to engines. Answers are always streamed: whoever stops reading stops the generation."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from pydantic_core import from_json, to_json

from steelyard.core.errors import SteelyardError
from steelyard.engines.chunks import is_sound
from steelyard.engines.errors import EngineFailed, EngineSilent, EngineUnreachable
from steelyard.engines.failures import error_in, error_of
from steelyard.engines.http1 import Broken, Connection, Connections, Place, head_of, place_of
from steelyard.engines.models import Endpoint
from steelyard.engines.sse import EventLines, LineTooLong

logger = logging.getLogger(__name__)
_LARGEST_ERROR = 65536  # bytes that are read of one
_LARGEST, _LARGEST_LIST = 64 * 2**20, 4 * 2**20  # bytes of vectors; of what a server says of itself
_AGAIN = 1.0  # seconds
_ANEW = "Ask again: an engine that stopped is started anew."


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until a connection stands, until the first byte of an answer, and between two."""

    connect: float = 5.0
    first: float = 600.0
    between: float = 120.0


class EngineClient:
    """Connections to all engines of one depot. Made and closed in its event loop."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._connections = Connections(self._patience.connect)

    async def close(self) -> None:
        """Let connections go; answers under way break."""
        self._connections.close()

    async def batches(
        self, endpoint: Endpoint, path: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """The chunks of an answer as they come, those that come together in one list, usage in the last. An empty list
        is a sign of life: the engine reads the prompt. ``path`` begins with ``/v1``.

        Closing the iterator closes the connection at once. Raises PromptTooLong and RefusedByEngine for what the engine
        does not accept, EngineUnreachable when nobody takes the request, EngineSilent when nobody answers it, and
        EngineFailed when the answer breaks off.
        """
        asked = {**body, "stream": True, "stream_options": {"include_usage": True}, **endpoint.extras}
        async with _Answered(self, endpoint, path, asked) as answer:
            lines, is_finished = EventLines(), False
            while data := await self._read(answer):
                batch, failure = _batch(_fed(lines, data), endpoint.key)
                is_finished = is_finished or any(map(_is_last, batch))
                yield batch
                if failure is not None:
                    raise failure
                if lines.is_done:
                    await answer.end()
                    return
            if not is_finished:  # transformers sends no [DONE]
                raise EngineFailed("The engine ended its answer without an end.", hint=_ANEW, retry_after=_AGAIN)

    async def call(self, endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """An answer that comes in one piece: vectors. Raises as ``batches``."""
        async with _Answered(self, endpoint, path, body) as answer:
            return await self._whole(answer, _LARGEST, endpoint.key)

    async def get(self, endpoint: Endpoint, path: str) -> dict[str, Any]:
        """What a server says of itself: its models, say. Raises as ``batches``."""
        answer = await self.open(endpoint, "GET", path, None)
        try:
            return await self._whole(answer, _LARGEST_LIST, endpoint.key)
        finally:
            answer.leave()

    async def is_healthy(self, endpoint: Endpoint) -> bool:
        """Whether a server says so at ``/health``."""
        try:
            answer = await self.open(endpoint, "GET", "/health", None)
        except SteelyardError:
            return False
        answer.leave()
        return True

    async def open(self, endpoint: Endpoint, method: str, path: str, body: Mapping[str, Any] | None) -> Connection:
        """The answer once its head is there. Raises what the engine says instead."""
        data = b"" if body is None else to_json(body)
        try:
            place = place_of(endpoint.url)
            head = head_of(place, method, path, endpoint.key, None if body is None else len(data))
        except ValueError as error:
            raise _unreachable() from error
        try:
            answer = await self._sent(place, head, data)
        except (Broken, TimeoutError) as error:
            raise _silent() from error
        if answer.status < 300:
            return answer
        try:
            if endpoint.key and answer.status in (401, 403):
                logger.warning("%s:%d does not accept the key that it is sent", place.host, place.port)
            raise error_of(answer.status, await self._beginning(answer), endpoint.key)
        finally:
            answer.leave()

    async def _sent(self, place: Place, head: bytes, data: bytes) -> Connection:
        """A kept connection may have been closed by the other side while nobody looked: then once more on a new one.

        llama.cpp's server closes some after an answer, and says so to nobody. Raises EngineUnreachable where
        nobody takes the request; one that came through and ended its connection is not to be taken to the next server.
        Else Broken, TimeoutError.
        """
        kept = self._connections.kept(place)
        if kept is not None:
            try:
                return await self._begun(kept, head, data)
            except Broken as error:
                if not error.is_untouched:
                    raise
        try:
            made = await self._connections.made(place)
        except (OSError, TimeoutError) as error:
            raise _unreachable() from error
        return await self._begun(made, head, data)

    async def _begun(self, connection: Connection, head: bytes, data: bytes) -> Connection:
        connection.ask(head, data)
        try:
            await connection.begun(self._patience.first)
        except BaseException:
            connection.leave()
            raise
        return connection

    async def _read(self, answer: Connection) -> bytes:
        try:
            return await answer.read(self._patience.between)
        except (Broken, TimeoutError) as error:
            raise _broke_off() from error

    async def _beginning(self, answer: Connection) -> bytes:
        """As much of an error as is read."""
        said = b""
        while len(said) < _LARGEST_ERROR and (data := await self._read(answer)):
            said += data
        return said[:_LARGEST_ERROR]

    async def _whole(self, answer: Connection, most: int, key: str | None) -> dict[str, Any]:
        pieces, size = [], 0
        async with asyncio.timeout(self._patience.first):
            while data := await self._read(answer):
                pieces.append(data)
                size += len(data)
                if size > most:
                    raise _senseless()
        return _chunk(b"".join(pieces), key)


class _Answered:
    """The answer, within ``async with``: of the only server, or of the first of a fleet that can be reached."""

    def __init__(self, client: EngineClient, endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> None:
        self._client = client
        self._endpoint = endpoint
        self._path = path
        self._body = body
        self._chosen: Endpoint | None = None
        self._answer: Connection | None = None

    async def __aenter__(self) -> Connection:
        fleet, tried = self._endpoint.fleet, set[str]()
        if fleet is None:
            self._answer = await self._ask(self._endpoint)
            return self._answer
        while (chosen := fleet.take(tried)) is not None:
            is_reachable = None  # whoever gives up before the head learns nothing of the server
            try:
                self._answer = await self._ask(chosen)
            except EngineUnreachable:
                is_reachable = False
                tried.add(chosen.url)
            except EngineSilent:
                is_reachable = False
                raise
            except SteelyardError:
                is_reachable = True
                raise
            else:
                self._chosen = chosen
                return self._answer
            finally:
                if self._chosen is None:
                    fleet.give_back(chosen, is_reachable=is_reachable)
        raise EngineUnreachable("None of the servers that have this model answers.", hint=_ANEW, retry_after=_AGAIN)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._answer is not None:
            self._answer.leave()
        if self._chosen is not None and self._endpoint.fleet is not None:
            self._endpoint.fleet.give_back(self._chosen, is_reachable=True)

    async def _ask(self, endpoint: Endpoint) -> Connection:
        return await self._client.open(endpoint, "POST", self._path, {**self._body, "model": endpoint.model})


def _fed(lines: EventLines, data: bytes) -> list[bytes]:
    try:
        return lines.feed(data)
    except LineTooLong as error:
        raise _senseless() from error


def _batch(payloads: Sequence[bytes], key: str | None) -> tuple[list[dict[str, Any]], SteelyardError | None]:
    """The chunks that came together, and what went wrong behind the last of them."""
    chunks: list[dict[str, Any]] = []
    try:
        for payload in payloads:
            chunk = _chunk(payload, key)
            if "prompt_progress" in chunk:  # llama.cpp's sign of life while it reads the prompt
                continue
            if not is_sound(chunk):
                raise _senseless()
            chunks.append(chunk)
    except SteelyardError as error:
        return chunks, error
    return chunks, None


def _is_last(chunk: Mapping[str, Any]) -> bool:
    choices = chunk.get("choices")
    return bool(choices and choices[0].get("finish_reason"))


def _chunk(payload: bytes, key: str | None) -> dict[str, Any]:
    """One object. Raises what the engine says in its place."""
    try:
        chunk = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise _broke_off() from error
    if not isinstance(chunk, dict):
        raise _senseless()
    if "error" in chunk:
        raise error_in(chunk, key)
    return chunk


def _unreachable() -> EngineUnreachable:
    return EngineUnreachable("The engine does not answer.", hint=_ANEW, retry_after=_AGAIN)


def _silent() -> EngineSilent:
    return EngineSilent("The engine took the request and gave no answer.", hint=_ANEW, retry_after=_AGAIN)


def _senseless() -> EngineFailed:
    return EngineFailed("The engine's answer makes no sense.", hint=_ANEW, retry_after=_AGAIN)


def _broke_off() -> EngineFailed:
    return EngineFailed("The engine broke off in the middle of its answer.", hint=_ANEW, retry_after=_AGAIN)
