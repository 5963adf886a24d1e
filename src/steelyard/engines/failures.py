"""What engines say when they refuse or fail, made into ours. Pure."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic_core import from_json

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed, PromptTooLong, RefusedByEngine
from steelyard.engines.log import without_paths, without_secrets

_AGAIN = 1.0  # seconds
_LONGEST = 500  # characters of an engine's words that are shown
_TOO_LONG = re.compile(r"context[ _](?:length|size|window)|maximum context|max_model_len|too (?:long|large to process)")
# llama.cpp, of a text to be made into a vector; it calls that a failure of its own
_TOO_LARGE = re.compile(r"input \((\d+) tokens\) is too large to process.*?batch size: (\d+)")
_NO_ROOM = "No requests can be scheduled"  # transformers, of a prompt larger than its whole cache
_SMALLER = (
    "Shorten the prompt, or load the model with more context: `context` of POST /chat, num_ctx of Ollama, or the "
    "setting STEELYARD_ENGINES__CONTEXT."
)
_LESS = "ask for less context, take a smaller model, or unload others"
_LOOK = "Change the request: the engine names what it does not accept."
_KEYS = "An administrator sees in engines.remotes which key is sent, and at the server which it wants."
_ADDRESS = "An administrator can set engines.remotes to the address itself."


def error_of(status: int, body: bytes, key: str | None = None) -> SteelyardError:
    """The error behind an answer with a bad status. Only what is JSON is quoted, and never the ``key``."""
    if 300 <= status < 400:
        return EngineFailed("The server sends requests on to another address.", hint=_ADDRESS, retry_after=_AGAIN)
    try:
        answer = from_json(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {"error": {"message": _phrase(status)}}
    return _made(status, _words(answer), key)


def error_in(chunk: Mapping[str, Any], key: str | None = None) -> SteelyardError:
    """The error that came in place of a chunk, without the ``key``."""
    said = _words(chunk)
    code = said.get("code")
    return _made(code if isinstance(code, int) else 500, said, key)


def killed(engine: str, model: str, last: str) -> EngineFailed:
    """The error of a process that ended with signal 9 while it loaded, which does not tell who sent it."""
    return EngineFailed(
        f"{engine} was killed while it loaded {model}, by the system for want of memory or by somebody: {last}",
        hint=f"Try again. If it is killed again: {_LESS}.",
        retry_after=_AGAIN,
    )


def _made(status: int, said: Mapping[str, Any], key: str | None) -> SteelyardError:
    if status in (401, 403):  # some quote the key that they refuse
        return EngineFailed("The engine does not accept the key that it is sent.", hint=_KEYS, retry_after=_AGAIN)
    told = str(said.get("message") or "no reason given")
    message = without_paths(without_secrets(told, key))[:_LONGEST].rstrip(".")
    if _NO_ROOM in message:
        return PromptTooLong("The prompt is too long for the context.", hint=_SMALLER)
    if said.get("type") == "exceed_context_size_error" or (400 <= status < 500 and _TOO_LONG.search(message.lower())):
        return _too_long(said.get("n_prompt_tokens"), said.get("n_ctx"), message)
    if large := _TOO_LARGE.search(message):
        return _too_long(int(large[1]), int(large[2]), message)
    if (
        status in (400, 413, 422)
        or "input is not supported" in message
        or (status == 404 and said.get("type") != "not_found_error")
    ):
        return RefusedByEngine(f"The engine says: {message}.", hint=_LOOK)
    return EngineFailed(f"The engine failed: {message}.", hint="Try again.", retry_after=_AGAIN)


def _too_long(prompt: object, context: object, message: str) -> PromptTooLong:
    """With the numbers, where the engine gives them."""
    if isinstance(prompt, int) and isinstance(context, int):
        return PromptTooLong(f"The prompt has {prompt} tokens and the context {context}.", hint=_SMALLER)
    return PromptTooLong(f"The prompt is too long: {message}.", hint=_SMALLER)


def _phrase(status: int) -> str:
    """What a status means."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _words(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """OpenAI has an object, some servers a text, FastAPI ``detail``, vLLM the fields themselves."""
    said = answer.get("error", answer.get("detail", answer))
    return said if isinstance(said, dict) else {"message": said}
