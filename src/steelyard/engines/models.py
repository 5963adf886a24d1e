"""What an engine is given to load, and what it may use for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class Task(StrEnum):
    """What a loaded model is used for; one load serves one task."""

    CHAT = "chat"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class KvShape:
    """What one token of context costs: two vectors for each layer and key-value head."""

    layers: int
    kv_heads: int
    head_size: int

    def bytes_for(self, tokens: int, width: int = 2) -> int:
        """Bytes of the cache for so many tokens; ``width`` is that of one number, two for f16."""
        return 2 * self.layers * self.kv_heads * self.head_size * tokens * width


@dataclass(frozen=True, slots=True)
class Weights:
    """A model on disk, ready to load.

    ``key`` is the same for the same bytes, and for whom they are: entry, revision, variant, whether private. ``path``
    is a GGUF file, or the folder of a snapshot; ``size`` counts the weights in bytes. What the files do not tell is
    None.

    ``is_bert``: the folder holds a sentence embedding model that ``engines.llamacpp.bert`` can convert. ``is_here``:
    the depot keeps the model; else another server has it, and ``path`` means nothing. ``is_private``: it is not for
    everybody, so neither it nor what is asked of it goes to another server.
    """

    key: str
    name: str
    path: Path
    format: str
    size: int
    task: Task = Task.CHAT
    kv: KvShape | None = None
    context_length: int | None = None
    architecture: str | None = None
    has_template: bool = True
    is_bert: bool = False
    is_here: bool = True
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load. ``context`` tokens are for each request; ``parallel`` requests are answered at the same time.

    ``threads`` None: the engine's default. ``exact``: results that can be compared with other engines (f32 cache, no
    flash attention), slower.
    """

    context: int = 4096
    parallel: int = 4
    threads: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a loaded model answers, in the OpenAI protocol. ``model`` is what it is called there.

    ``url`` ends before ``/v1``; ``key`` goes into ``Authorization``, None where none is asked for. ``extras`` go into
    every streamed request. ``fleet``: several servers have the model, and each request goes to one of them.
    ``gives_logprobs``: False where log probabilities are known to be left out, whoever asks for them.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    extras: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fleet: "Fleet | None" = field(default=None, repr=False)
    gives_logprobs: bool = True


class Fleet(Protocol):
    """Servers that have the same model."""

    def take(self, avoiding: Collection[str]) -> Endpoint | None:
        """The one to ask now, none of these addresses; None: no other is left. To be given back."""

    def give_back(self, endpoint: Endpoint, *, is_reachable: bool | None) -> None:
        """The request is over; whether the server could be reached, None where nobody waited to see."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether an engine can be used here; if not, why, and the command that helps."""

    usable: bool
    reason: str | None = None
    hint: str | None = None
