"""The bodies of the native routes. Unknown fields are refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from steelyard.serving.models import LONGEST, SHORTEST, USUAL, ChatAsk, Sampling
from steelyard.serving.written import Listed, Written

_MOST_MESSAGES = 20_000
_MOST_FIELDS = 100  # of one object; each that is not known is a fault of its own
_LONGEST_TEXT = 32 * 1024 * 1024  # as bodies may be; with a bound, half characters are refused too
_Model = Annotated[str, Field(min_length=1, max_length=600, examples=["org/name", "gpt2:Q4_K_M"])]
_Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
_Stop = Annotated[str, Field(min_length=1, max_length=500)]
SessionName = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, content: Any) -> Any:
        if isinstance(content, dict) and len(content) > _MOST_FIELDS:
            raise ValueError(f"{len(content):,} fields are more than it knows")
        return content


class MessageBody(_Body):
    """One message, as OpenAI's protocol has it. ``content`` is text, or parts: ``text``, ``image_url`` with a ``data:``
    URL, ``input_audio``."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: _Text | Listed[Written] | None = None
    name: str | None = Field(None, max_length=200)
    tool_calls: Listed[Written] | None = None
    tool_call_id: str | None = Field(None, max_length=200)

    def as_sent(self) -> dict[str, Any]:
        """As engines take it: without what was not given."""
        return {"role": self.role, "content": self.content or "", **self.model_dump(
            exclude={"role", "content"}, exclude_none=True)}  # fmt: skip


class ChatBody(_Body):
    """What to ask a model."""

    model: _Model = Field(description="reference of the model, or an alias")
    messages: Listed[MessageBody] = Field([], max_length=_MOST_MESSAGES, description="none: only load the model")
    stream: bool = Field(False, description="piece by piece as Server-Sent Events")
    timeout: float = Field(
        USUAL, ge=SHORTEST, le=LONGEST, description="seconds for all of it; generation stops when they are over"
    )
    max_tokens: int | None = Field(None, ge=1, le=1_000_000, description="tokens of the answer at most")
    temperature: float | None = Field(None, ge=0, le=5)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0, le=1_000_000)
    min_p: float | None = Field(None, ge=0, le=1)
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    stop: _Stop | Listed[_Stop] | None = Field(None, description="texts that end the answer, 16 at most")
    session: SessionName | None = Field(None, description="a conversation that the server keeps; a new name begins one")
    tools: Listed[Written] = Field([], max_length=256, description="functions, as OpenAI's protocol has them")
    tool_choice: _Text | Written | None = None
    response_format: Written | None = Field(None, description="a JSON schema, as OpenAI's protocol has it")
    keep_alive: float | None = Field(
        None, ge=-1, le=10_000_000, description="seconds that the model stays in memory unused; 0: leaves, -1: stays"
    )
    context: int | None = Field(None, ge=128, le=1_048_576, description="tokens of prompt and answer together")

    @model_validator(mode="after")
    def _few_stops(self) -> "ChatBody":
        if isinstance(self.stop, list) and len(self.stop) > 16:
            raise ValueError("stop takes 16 texts at most")
        return self

    def as_ask(self) -> ChatAsk:
        """What serving is asked."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        keep = float("inf") if self.keep_alive is not None and self.keep_alive < 0 else self.keep_alive
        sampling = Sampling(
            temperature=self.temperature, top_p=self.top_p, top_k=self.top_k, min_p=self.min_p, seed=self.seed,
            max_tokens=self.max_tokens, stop=stop, presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty, repeat_penalty=self.repeat_penalty,
        )  # fmt: skip
        return ChatAsk(
            self.model, [message.as_sent() for message in self.messages], sampling=sampling, tools=self.tools,
            tool_choice=self.tool_choice, response_format=self.response_format, timeout=self.timeout, keep_alive=keep,
            context=self.context, session=self.session,
        )  # fmt: skip


class UnloadBody(_Body):
    """Which model is to leave memory."""

    model: _Model = Field(description="reference of the model, or an alias")
