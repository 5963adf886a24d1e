"""Parameters as Modelfiles call them, as what engines are asked. Pure."""

from collections.abc import Mapping
from typing import Any

from steelyard.serving.models import Sampling

_SEEDS = 2**32
_MOST_TOKENS, _LARGEST_CONTEXT = 1_000_000, 1_048_576
_SAME = (
    "temperature", "top_k", "top_p", "min_p", "typical_p", "repeat_last_n", "repeat_penalty", "presence_penalty",
    "frequency_penalty",
)  # fmt: skip
FIELDS: Mapping[str, str] = {
    "num_predict": "max_tokens", "num_ctx": "context", "seed": "seed", "stop": "stop", **{name: name for name in _SAME},
}  # fmt: skip


def sampling_of(parameters: Mapping[str, Any]) -> Sampling:
    """How tokens are chosen. A ``num_predict`` below one is no bound, a negative ``seed`` is chance."""
    stop, seed = parameters.get("stop"), parameters.get("seed")
    texts = (stop,) if isinstance(stop, str) else tuple(stop or ())
    return Sampling(
        seed=None if seed is None or seed < 0 else seed % _SEEDS,
        max_tokens=_positive(parameters.get("num_predict"), _MOST_TOKENS),
        stop=tuple(text for text in texts if text),
        **{name: parameters.get(name) for name in _SAME},
    )


def context_of(parameters: Mapping[str, Any]) -> int | None:
    """Tokens of context to load with."""
    return _positive(parameters.get("num_ctx"), _LARGEST_CONTEXT)


def chosen(parameters: Mapping[str, Any]) -> frozenset[str]:
    """What somebody said something about, by the names of a ``ChatAsk`` and its sampling: also that there is none."""
    return frozenset(FIELDS[name] for name, value in parameters.items() if name in FIELDS and value is not None)


def _positive(number: int | None, most: int) -> int | None:
    return min(number, most) if number is not None and number > 0 else None
