"""What Ollama's programs send. Names and defaults are theirs (``api/types.go``)."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from steelyard.dialects.ollama.context import MOST_NUMBERS
from steelyard.serving.written import Listed

Seconds = float | str | None
Format = str | dict[str, Any] | None
Think = bool | Literal["low", "medium", "high", "max"] | None
_MOST = 20_000


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]  # PostgreSQL keeps no NUL


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class NamedBody(_Body):
    """A model; older programs call it ``name``, and Ollama's own sends an empty ``model`` beside it."""

    model: str = Field("", max_length=600)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, content: Any) -> Any:
        if isinstance(content, dict) and not content.get("model"):
            return {**content, "model": content.get("name") or ""}
        return content


class CallFunction(_Body):
    """Which function a model called, and with what."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class ToolCall(_Body):
    """One call of a tool."""

    id: str | None = None
    function: CallFunction


class Message(_Body):
    """One message. ``images`` are base64."""

    role: Literal["system", "user", "assistant", "tool", "developer"]
    content: str | None = ""
    thinking: str | None = None
    images: Listed[str] | None = Field(None, max_length=64)
    tool_calls: Listed[ToolCall] | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None


class _Asking(NamedBody):
    stream: bool | None = None
    format: Format = None
    options: dict[str, Any] | None = None
    keep_alive: Seconds = None
    think: Think = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)

    @property
    def is_streamed(self) -> bool:
        """Unless somebody says no."""
        return self.stream is not False


class ChatBody(_Asking):
    """``POST /api/chat``."""

    messages: Listed[Message] | None = Field(None, max_length=_MOST)
    tools: Listed[dict[str, Any]] | None = Field(None, max_length=256)


class GenerateBody(_Asking):
    """``POST /api/generate``."""

    prompt: str | None = ""
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    context: Listed[int] | None = Field(None, max_length=MOST_NUMBERS)
    raw: bool | None = None
    images: Listed[str] | None = Field(None, max_length=64)


class EmbedBody(NamedBody):
    """``POST /api/embed``."""

    input: str | Listed[str] | None = None
    truncate: bool | None = None
    dimensions: int | None = Field(None, ge=0, le=65_536)
    keep_alive: Seconds = None


class EmbeddingsBody(NamedBody):
    """``POST /api/embeddings``, the older one."""

    prompt: str | None = ""
    keep_alive: Seconds = None


class PullBody(NamedBody):
    """``POST /api/pull`` and ``/api/push``."""

    stream: bool | None = None


class CopyBody(_Body):
    """``POST /api/copy``."""

    source: str = Field("", max_length=600)
    destination: str = Field("", max_length=600)


class CreateBody(NamedBody):
    """``POST /api/create``. A template, files, adapters and quantising are refused."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    base: str | None = Field(None, max_length=600, validation_alias="from")
    stream: bool | None = None
    system: Text | None = Field(None, max_length=100_000)
    parameters: dict[str, Any] | None = None
    messages: Listed[Message] | None = Field(None, max_length=200)
    files: dict[str, Any] | None = None
    adapters: dict[str, Any] | None = None
    quantize: str | None = None
    template: str | None = None
    modelfile: str | None = None
