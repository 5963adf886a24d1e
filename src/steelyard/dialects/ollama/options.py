"""Ollama's ``options`` as sampling and context. Pure.

What only says how a model is laid out in memory (``num_gpu``, ``num_batch``, ``use_mmap`` …) is the engine's own
business here, and like anything unknown it is ignored, as Ollama does.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from steelyard.dialects.ollama.reading import validated
from steelyard.serving.models import Sampling
from steelyard.serving.parameters import context_of, sampling_of

_Share = Annotated[float, Field(ge=0, le=1)]
_Penalty = Annotated[float, Field(ge=-2, le=2)]
_Stop = Annotated[str, Field(max_length=500)]


class Options(BaseModel):
    """Those that matter, within the bounds of the other protocols. None: the engine's default."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    num_ctx: int | None = None
    num_predict: int | None = None
    temperature: float | None = Field(None, ge=0, le=5)
    top_k: int | None = Field(None, ge=-1, le=1_000_000)
    top_p: _Share | None = None
    min_p: _Share | None = None
    typical_p: _Share | None = None
    seed: int | None = None
    stop: Annotated[list[_Stop], Field(max_length=64)] | _Stop | None = None
    repeat_last_n: int | None = Field(None, ge=-1, le=1_048_576)
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    presence_penalty: _Penalty | None = None
    frequency_penalty: _Penalty | None = None

    @property
    def context(self) -> int | None:
        """Tokens of context to load with."""
        return context_of(self.model_dump())

    @property
    def sampling(self) -> Sampling:
        """How tokens are chosen."""
        return sampling_of(self.model_dump())


def read_options(given: Mapping[str, Any]) -> Options:
    """What was given. Raises BadBody."""
    return validated(Options, given, "options.")
