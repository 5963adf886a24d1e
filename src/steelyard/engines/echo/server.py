"""The server of one loaded echo: OpenAI on a port of its own, in this process."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.words import answer_to, asked_in, prompt_in, tokens_of, vector_of

_LARGEST = 64 * 2**20  # bytes of a request


class Tally:
    """What an echo engine works on; ``running`` falls when generation stops, however that comes about."""

    def __init__(self) -> None:
        self.running = 0
        self.most_running = 0
        self.begun = 0
        self.finished = 0
        self.tokens = 0
        self.bodies: list[dict[str, Any]] = []

    @contextlib.contextmanager
    def generation(self) -> Any:
        """Counted while it runs."""
        self.begun += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            yield
            self.finished += 1
        finally:
            self.running -= 1


class EchoServer:
    """Answers until it is closed. ``key`` is asked for where there is one."""

    def __init__(self, model: str, key: str | None, behaviour: Callable[[], Behaviour], tally: Tally) -> None:
        self._model = model
        self._key = key
        self._behaviour = behaviour
        self._tally = tally
        application = web.Application(client_max_size=_LARGEST, middlewares=[self._check])
        application.add_routes(
            [
                web.get("/health", self._health),
                web.get("/v1/models", self._models),
                web.post("/v1/chat/completions", self._generate),
                web.post("/v1/completions", self._generate),
                web.post("/v1/embeddings", self._embed),
            ]
        )
        self._runner = web.AppRunner(application, handler_cancellation=True, access_log=None, shutdown_timeout=0.01)

    async def open(self, port: int = 0) -> str:
        """Begin to answer; returns the address. Port 0: any that is free."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Break what is under way, and give the port back."""
        await self._runner.cleanup()

    @web.middleware
    async def _check(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self._key and request.path != "/health" and request.headers.get("Authorization") != f"Bearer {self._key}":
            return _refused(401, "the key is wrong")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": self._model, "object": "model"}]})

    async def _embed(self, request: web.Request) -> web.Response:
        asked = (await request.json())["input"]
        texts = [asked] if isinstance(asked, str) else asked
        count = sum(len(tokens_of(text)) for text in texts)
        rows = [{"index": number, "embedding": vector_of(text)} for number, text in enumerate(texts)]
        return web.json_response({"data": rows, "usage": {"prompt_tokens": count, "total_tokens": count}})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self._tally.bodies.append(body)
        if not isinstance(body.get("messages", []), list) or not asked_in(body):
            return _refused(400, "nothing was asked that can be understood")
        context, prompt = self._behaviour().context, len(tokens_of(prompt_in(body)))
        if context is not None and prompt > context:
            return _refused(400, "too long", type="exceed_context_size_error", n_prompt_tokens=prompt, n_ctx=context)
        with self._tally.generation():
            return await self._stream(request, body, prompt)

    async def _stream(self, request: web.Request, body: dict[str, Any], prompt: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await self._prefill()
        tokens, is_cut = answer_to(body, endless=self._behaviour().endless)
        is_chat, count = request.path == "/v1/chat/completions", 0
        for token in tokens:
            if count == self._behaviour().break_after and request.transport is not None:
                request.transport.abort()
            if count == self._behaviour().error_after:
                await _send(response, {"error": {"code": 500, "message": "echo was told to fail"}})
                return response
            await asyncio.sleep(self._behaviour().token_seconds)
            await _send(response, self._chunk(_delta(token, is_chat=is_chat)))
            count += 1
            self._tally.tokens += 1
        await _send(
            response, self._chunk({**_delta("", is_chat=is_chat), "finish_reason": "length" if is_cut else "stop"})
        )
        usage = {"prompt_tokens": prompt, "completion_tokens": count, "total_tokens": prompt + count}
        await _send(response, {**self._chunk(None), "usage": usage})
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _prefill(self) -> None:
        behaviour = self._behaviour()
        await asyncio.sleep(behaviour.prefill_seconds)
        if behaviour.gate is not None:
            await behaviour.gate.wait()

    def _chunk(self, choice: dict[str, Any] | None) -> dict[str, Any]:
        return {"id": "echo", "object": "chat.completion.chunk", "created": 0, "model": self._model,
                "choices": [] if choice is None else [choice]}  # fmt: skip


def _delta(token: str, *, is_chat: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"delta": {"content": token} if token else {}} if is_chat else {"text": token}
    return {"index": 0, "finish_reason": None, **said}


async def _send(response: web.StreamResponse, chunk: dict[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")


def _refused(status: int, message: str, **more: object) -> web.Response:
    error = {"code": status, "message": message, "type": "invalid_request_error", **more}
    return web.json_response({"error": error}, status=status)
