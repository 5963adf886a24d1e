"""What the routes of running models answer, for the OpenAPI document."""

from typing import Any, Literal

from pydantic import Field

from steelyard.http.shapes import Bytes, Count, Moment, Shape


class MessageShape(Shape):
    """What a model answered. ``reasoning`` and ``tool_calls`` where there are any."""

    role: Literal["assistant"]
    content: str = Field(examples=["Hello! How can I help?"])
    reasoning: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class UsageShape(Shape):
    """Counted tokens."""

    prompt_tokens: Count
    completion_tokens: Count
    total_tokens: Count


class TimingsShape(Shape):
    """Milliseconds. ``first_token_ms`` and ``total_ms`` count from when the request came."""

    queue_ms: float = Field(examples=[0.0], description="in line for the model")
    load_ms: float = Field(examples=[410.0], description="while it was loaded")
    first_token_ms: float | None = Field(examples=[455.0])
    total_ms: float = Field(examples=[1220.0])
    prompt_ms: float | None = Field(description="reading the prompt, as the engine says")
    answer_ms: float | None = Field(description="writing the answer, as the engine says")


class ChatShape(Shape):
    """A whole answer. As a stream: lines ``data: {"delta": {"content": "…"}, "done": false}``, and all but the message
    in the last one."""

    model: str = Field(examples=["org/name"])
    created_at: Moment
    message: MessageShape
    done: Literal[True]
    done_reason: str = Field(
        examples=["stop"], description="stop, length, tool_calls; when nothing was asked, load or unload"
    )
    usage: UsageShape
    timings: TimingsShape
    engine: str = Field(examples=["llamacpp"])
    notes: list[str] = Field(description="what to know about this answer: an engine that failed, a missing template")
    session: str | None = Field(description="the conversation that it belongs to")


class EngineShape(Shape):
    """One engine, and whether it can be used here."""

    name: str = Field(examples=["llamacpp"])
    usable: bool
    reason: str | None = Field(description="why it cannot be used")
    hint: str | None = Field(description="what helps", examples=["pip install 'steelyard[transformers]'"])


class EnginePage(Shape):
    """All engines, the one that is tried first in front."""

    count: Count
    engines: list[EngineShape]


class LoadedShape(Shape):
    """One model in memory."""

    model: str = Field(examples=["org/name"])
    engine: str = Field(examples=["llamacpp"])
    size_bytes: Bytes
    context: Count
    task: Literal["chat", "embed"] = Field(description="what for; one that does both is loaded once for each")
    in_flight: Count = Field(description="requests that it answers now")
    pinned: bool
    loaded_at: Moment
    expires_at: Moment | None = Field(description="when it leaves memory unless somebody uses it; null: it stays")


class LoadedPage(Shape):
    """What is in memory, and what may be. Of models that the caller may not see only the bytes count."""

    count: Count
    models: list[LoadedShape]
    waiting: dict[str, int] = Field(description="requests that wait, by model")
    used_bytes: Bytes
    budget_bytes: Bytes
    max_loaded: int | None


class UnloadedShape(Shape):
    """Whether the model was in memory; it leaves when the requests that use it are answered."""

    model: str = Field(examples=["org/name"])
    unloaded: bool


class SessionShape(Shape):
    """A conversation that the server keeps."""

    session: str = Field(examples=["trip"])
    created_at: Moment
    updated_at: Moment
    messages: Count
    characters: Count


class SessionPage(Shape):
    """One page of the caller's conversations, the one used last first, with the true total."""

    count: Count
    sessions: list[SessionShape]


class WholeSessionShape(Shape):
    """A conversation with what was said, the oldest first."""

    session: str = Field(examples=["trip"])
    created_at: Moment
    updated_at: Moment
    characters: Count
    count: Count
    messages: list[dict[str, Any]]
