"""A conversation with a model, whatever protocol it came by."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, NamedTuple

from steelyard.serving.errors import TooManyTexts

MOST_TEXTS = 2048  # as OpenAI has it; 200,000 small vectors took 447 MB
SHORTEST, LONGEST, USUAL = 1.0, 600.0, 120.0  # seconds that a request may take


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. None: the engine's default."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    typical_p: float | None = None
    seed: int | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None
    repeat_last_n: int | None = None
    logit_bias: Mapping[str, float] | None = None

    def given(self) -> dict[str, Any]:
        """What is set, by name. ``dataclasses.asdict`` copies deeply: it took 0.5 ms of each request."""
        values = zip(_SAMPLING, _values_of(self), strict=True)
        return {name: value for name, value in values if value is not None and value != ()}


_SAMPLING = tuple(found.name for found in fields(Sampling))
_values_of = attrgetter(*_SAMPLING)


@dataclass(frozen=True, slots=True)
class ChatAsk:
    """What somebody asks a model. ``model`` is a reference as people write it.

    ``messages`` are OpenAI's; ``prompt`` instead of them is text to go on with, without a template. ``response_format``
    and ``tools`` are OpenAI's too. ``timeout`` in seconds, ``keep_alive`` as in ``moves.Demand``, ``context`` in
    tokens. ``think``: whether to, or how hard (``low``, ``medium``, ``high``), where the model's template knows of it;
    None: as the template has it. ``chosen`` names fields that a preset must not fill in; ``insists``:
    tools and thinking that the model's template does not know are refused, not noted. No messages and no prompt: only
    load the model.
    """

    model: str
    messages: Sequence[Mapping[str, Any]] = ()
    prompt: str | None = None
    suffix: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    tools: Sequence[Mapping[str, Any]] = ()
    tool_choice: Any = None
    response_format: Mapping[str, Any] | None = None
    logprobs: int | None = None
    think: bool | str | None = None
    timeout: float = USUAL
    keep_alive: float | None = None
    context: int | None = None
    session: str | None = None
    chosen: Collection[str] = ()
    insists: bool = False

    @property
    def is_load(self) -> bool:
        """Whether nothing is asked but to have the model in memory."""
        return not self.messages and self.prompt is None


class Piece(NamedTuple):
    """Some of an answer. ``tool_calls`` and ``logprobs`` are as in OpenAI's deltas.

    There is one for each token: a frozen dataclass takes three times as long to make.
    """

    content: str = ""
    reasoning: str = ""
    tool_calls: Sequence[Mapping[str, Any]] = ()
    logprobs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Counted tokens."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds: in line, loading, until the first token (from the request's arrival), all; and what the engine
    itself says of the prompt and of the answer."""

    queue_ms: float = 0.0
    load_ms: float = 0.0
    first_token_ms: float | None = None
    total_ms: float = 0.0
    prompt_ms: float | None = None
    answer_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ended. ``finish``: ``stop``, ``length``, ``tool_calls`` or ``load``. ``notes`` tell people what
    they should know: which engine was tried in vain, that a plain template was used."""

    finish: str
    usage: Usage
    timings: Timings
    engine: str
    model: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EmbedAsk:
    """Texts to be made into vectors. Raises TooManyTexts for more than ``MOST_TEXTS``."""

    model: str
    texts: Sequence[str]
    truncate: bool = True
    dimensions: int | None = None
    timeout: float = USUAL
    keep_alive: float | None = None

    def __post_init__(self) -> None:
        """All vectors of a request are in memory at once."""
        if len(self.texts) > MOST_TEXTS:
            raise TooManyTexts(
                f"{len(self.texts):,} texts; one request takes {MOST_TEXTS:,}.", hint="Send them in several requests."
            )


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector for each text, in their order."""

    model: str
    vectors: Sequence[Sequence[float]]
    usage: Usage
    timings: Timings
