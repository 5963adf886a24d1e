"""What chats and completions have in common, with what OpenAI does not know.

Those are ``timeout`` (seconds) and ``keep_alive`` (seconds, negative: for ever), and the ways of sampling that other
servers of this protocol know: ``top_k``, ``min_p``, ``repeat_penalty`` (or
``repetition_penalty``).
"""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from steelyard.dialects.openai.reading import Body
from steelyard.serving.models import LONGEST, Sampling
from steelyard.serving.written import Listed

_MOST_STOPS = 16
_MOST_TOKENS = 1_000_000
_MOST_BIASES = 1024
_SEEDS = 2**32  # engines take so many; OpenAI's are of 64 bits


def _some(value: int) -> int:
    if value == 0:
        raise ValueError("from 1 on, or -1 for as many as there is room for")
    return value


def _few(value: Any) -> Any:
    """Before each is looked at: every one may be a fault."""
    if isinstance(value, dict) and len(value) > _MOST_BIASES:
        raise ValueError(f"{_MOST_BIASES} tokens at most")
    return value


ModelName = Annotated[str, Field(min_length=1, max_length=600)]
Tokens = Annotated[int, Field(ge=-1, le=_MOST_TOKENS), AfterValidator(_some)]
Kept = Annotated[float, Field(le=10_000_000)]
_Penalty = Annotated[float, Field(ge=-2, le=2)]


class StreamOptions(Body):
    """What a stream tells besides the answer."""

    include_usage: bool | None = None


class Asking(Body):
    """What chats and completions have in common."""

    model: ModelName
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    max_tokens: Tokens | None = None
    temperature: float | None = Field(None, ge=0, le=5)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=-1, le=_MOST_TOKENS)  # -1 and 0: all of them
    min_p: float | None = Field(None, ge=0, le=1)
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    repetition_penalty: float | None = Field(None, gt=0, le=10)
    presence_penalty: _Penalty | None = None
    frequency_penalty: _Penalty | None = None
    seed: int | None = None
    stop: str | Listed[str] | None = None
    logit_bias: Annotated[dict[str, float] | None, BeforeValidator(_few)] = None
    timeout: float | None = None
    keep_alive: Kept | None = None

    @field_validator("n")
    @classmethod
    def _only_one(cls, value: int | None) -> int | None:
        if value not in {None, 1}:
            raise ValueError("this depot gives one answer to a request; leave n out and ask again for another")
        return value

    @field_validator("stop")
    @classmethod
    def _few_stops(cls, value: str | list[str] | None) -> str | list[str] | None:
        if isinstance(value, list) and len(value) > _MOST_STOPS:
            raise ValueError(f"{_MOST_STOPS} texts at most")
        return value

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with counted tokens."""
        return self.stream_options is not None and self.stream_options.include_usage is True

    def sampling(self, max_tokens: int | None) -> Sampling:
        """How tokens are to be chosen."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        repeat = self.repetition_penalty if self.repeat_penalty is None else self.repeat_penalty
        return Sampling(
            temperature=self.temperature, top_p=self.top_p, min_p=self.min_p,
            top_k=None if self.top_k is None else max(0, self.top_k),
            seed=None if self.seed is None else self.seed % _SEEDS, max_tokens=None if max_tokens == -1 else max_tokens,
            stop=tuple(text for text in stop if text), presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty, repeat_penalty=repeat,
            logit_bias=self.logit_bias or None,
        )  # fmt: skip


def seconds(timeout: float | None) -> float:
    """How long a request may take; serving says what is too long. Left out, it is as long as OpenAI's clients wait."""
    return LONGEST if timeout is None else timeout


def kept(keep_alive: float | None) -> float | None:
    """How long the model is to stay in memory."""
    return math.inf if keep_alive is not None and keep_alive < 0 else keep_alive
