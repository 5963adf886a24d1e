"""What clients ask, and what that means for serving."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from steelyard.dialects.openai.asking import Asking, Kept, ModelName, Tokens, kept, seconds
from steelyard.dialects.openai.reading import Body
from steelyard.serving.models import ChatAsk, EmbedAsk
from steelyard.serving.written import Listed, Written

_USUAL = frozenset({"role", "content"})  # what most messages have
_MOST_MESSAGES = 20_000
_MOST_TEXTS = 2048  # as OpenAI has it
_MOST_PROMPTS = 128
_FORMATS = ("text", "json_object", "json_schema")
_EFFORTS = {"minimal": "low", "xhigh": "high", "max": "high"}  # templates know three


class Message(Body):
    """One message. ``content`` is text, or parts."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | Listed[dict[str, Any]] | None = None
    name: str | None = None
    tool_calls: Listed[Written] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None

    def as_sent(self) -> dict[str, Any]:
        """As serving takes it."""
        if self.model_fields_set <= _USUAL:
            return {"role": self.role, "content": self.content or ""}
        more = self.model_dump(exclude={"role", "content"}, exclude_none=True)
        return {"role": self.role, "content": self.content or "", **more}


class ChatBody(Asking):
    """``POST /v1/chat/completions``."""

    messages: Listed[Message] = Field(min_length=1, max_length=_MOST_MESSAGES)
    max_completion_tokens: Tokens | None = None
    tools: Listed[Written] | None = Field(None, max_length=256)
    tool_choice: str | Written | None = None
    response_format: Written | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    functions: Any = None

    @field_validator("response_format")
    @classmethod
    def _known_format(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        kind = None if value is None else value.get("type")
        if value is not None and kind not in _FORMATS:
            raise ValueError(f"its type is one of {', '.join(_FORMATS)}")
        if value is not None and kind == "json_schema" and not isinstance(value.get("json_schema"), Mapping):
            raise ValueError("json_schema is missing")
        return value

    @field_validator("functions")
    @classmethod
    def _no_functions(cls, value: Any) -> Any:
        if value:
            raise ValueError("functions became tools long ago: send tools")
        return value

    @model_validator(mode="after")
    def _logprobs_first(self) -> "ChatBody":
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs needs logprobs: true")
        return self

    @property
    def _think(self) -> bool | str | None:
        """Whether, or how hard. Of what templates may be told, only that goes on: other words could replace them."""
        wanted = (self.chat_template_kwargs or {}).get("enable_thinking")
        if wanted is False or self.reasoning_effort == "none":
            return False
        effort = None if self.reasoning_effort is None else _EFFORTS.get(self.reasoning_effort, self.reasoning_effort)
        return effort or (True if wanted is True else None)

    def as_ask(self) -> ChatAsk:
        """What serving is asked."""
        form = self.response_format
        return ChatAsk(
            self.model, [message.as_sent() for message in self.messages],
            sampling=self.sampling(self.max_completion_tokens or self.max_tokens), tools=self.tools or (),
            tool_choice=self.tool_choice if self.tools else None,
            response_format=None if form is None or form["type"] == "text" else form,
            logprobs=(self.top_logprobs or 0) if self.logprobs else None, think=self._think,
            timeout=seconds(self.timeout), keep_alive=kept(self.keep_alive),
        )  # fmt: skip


class CompletionBody(Asking):
    """``POST /v1/completions``."""

    prompt: str | list[Any]
    suffix: str | None = None
    logprobs: int | None = Field(None, ge=0, le=20)
    echo: bool | None = None
    best_of: int | None = None

    @field_validator("prompt")
    @classmethod
    def _texts(cls, value: str | list[Any]) -> str | list[Any]:
        if isinstance(value, list) and any(not isinstance(part, str) for part in value):
            raise ValueError("tokens are the model's own affair here: send the prompt as text")
        if isinstance(value, list) and not 0 < len(value) <= _MOST_PROMPTS:
            raise ValueError(f"from 1 to {_MOST_PROMPTS} prompts")
        return value

    @field_validator("suffix")
    @classmethod
    def _only_goes_on(cls, value: str | None) -> str | None:
        if value:
            raise ValueError("models go on here, and fill no gaps; leave suffix out")
        return value

    @field_validator("echo", "best_of")
    @classmethod
    def _not_here(cls, value: int | None) -> int | None:
        if value not in {None, False, 1} or value is True:
            raise ValueError("this depot does not know that; leave it out")
        return value

    @model_validator(mode="after")
    def _streams_one(self) -> "CompletionBody":
        if self.stream and isinstance(self.prompt, list) and len(self.prompt) > 1:
            raise ValueError("several prompts are answered whole: leave stream out, or send a request for each")
        return self

    def as_asks(self) -> list[ChatAsk]:
        """What serving is asked, for each prompt."""
        prompts = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        sampling = self.sampling(self.max_tokens)
        return [
            ChatAsk(
                self.model,
                prompt=prompt,
                sampling=sampling,
                logprobs=self.logprobs,
                timeout=seconds(self.timeout),
                keep_alive=kept(self.keep_alive),
            )
            for prompt in prompts
        ]


class EmbeddingBody(Body):
    """``POST /v1/embeddings``."""

    model: ModelName
    input: str | list[Any]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = Field(None, ge=1, le=65_536)
    timeout: float | None = None
    keep_alive: Kept | None = None

    @field_validator("input")
    @classmethod
    def _texts(cls, value: str | list[Any]) -> str | list[Any]:
        if isinstance(value, list) and any(not isinstance(text, str) for text in value):
            raise ValueError(
                "tokens are the model's own affair here: send text, or a list of texts "
                "(LangChain: check_embedding_ctx_length=False)"
            )
        if isinstance(value, list) and not 0 < len(value) <= _MOST_TEXTS:
            raise ValueError(f"from 1 to {_MOST_TEXTS} texts")
        return value

    def as_ask(self) -> EmbedAsk:
        """What serving is asked. Like OpenAI, a text that is too long is refused, not cut."""
        texts: Sequence[str] = [self.input] if isinstance(self.input, str) else self.input
        return EmbedAsk(
            self.model, texts, truncate=False, dimensions=self.dimensions, timeout=seconds(self.timeout),
            keep_alive=kept(self.keep_alive),
        )  # fmt: skip
