"""What a model is asked, and what comes back piece by piece: the parts without any waiting in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from steelyard.client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from steelyard.client.problem import read_problem
from steelyard.client.shapes import ChatChunk
from steelyard.client.sse import Event

CHAT = "/chat"
USUAL = 120.0  # seconds that the depot gives a request that does not say how long it may take
_MARGIN = 15.0  # seconds beyond it, in which the depot itself says that the time is over
Messages = str | Sequence[Mapping[str, Any]]


class ChatOptions(TypedDict, total=False):
    """How a model is to answer; what is left out is as the model or its engine has it.

    ``timeout`` is in seconds for all of it, 1 to 600, ``keep_alive`` in seconds (-1: stays in memory, 0: leaves at
    once), ``context`` in tokens. ``session`` names a conversation that the depot keeps. ``tools``, ``tool_choice`` and
    ``response_format`` are as in OpenAI's protocol.
    """

    timeout: float | None
    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    min_p: float | None
    repeat_penalty: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    seed: int | None
    stop: str | Sequence[str] | None
    session: str | None
    tools: Sequence[Mapping[str, Any]] | None
    tool_choice: str | Mapping[str, Any] | None
    response_format: Mapping[str, Any] | None
    keep_alive: float | None
    context: int | None


def chat_body(model: str, messages: Messages, options: ChatOptions, *, stream: bool) -> dict[str, Any]:
    """The body of ``POST /chat``; a text is one message of the user. Raises TypeError for an unknown option."""
    if unknown := sorted(options.keys() - ChatOptions.__annotations__.keys()):
        raise TypeError(f"no such option: {', '.join(unknown)}; there are {', '.join(ChatOptions.__annotations__)}")
    said = [{"role": "user", "content": messages}] if isinstance(messages, str) else [*map(dict, messages)]
    given = {name: value for name, value in options.items() if value is not None}
    return {"model": model, "messages": said, **given, **({"stream": True} if stream else {})}


def patience_for(options: ChatOptions) -> float:
    """Seconds of silence after which nobody answers any more: loading and reading a long prompt are silent."""
    return (options.get("timeout") or USUAL) + _MARGIN


def chunk_of(event: Event) -> ChatChunk:
    """The piece in an event. Raises the ApiError that it tells of, UnexpectedAnswer."""
    try:
        said = json.loads(event.data)
    except ValueError as error:
        raise UnexpectedAnswer("The server sent a piece of an answer that is not JSON.") from error
    if not isinstance(said, dict) or not isinstance(said.get("delta"), dict):
        raise UnexpectedAnswer("The server sent something that is no piece of an answer.")
    if isinstance(said.get("error"), dict):
        raise _error_in(said["error"])
    return cast("ChatChunk", said)


def broken_off() -> ServerUnreachable:
    """The error for a stream without an end."""
    return ServerUnreachable(
        "The answer broke off before its end.", hint="Ask again; the depot may have been stopped or started anew."
    )


def _error_in(problem: Mapping[str, object]) -> ApiError:
    status = problem.get("status")
    return read_problem(status if isinstance(status, int) else 500, json.dumps(problem).encode(), None)
