"""Texts made into vectors."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.engines.chunks import is_count
from steelyard.engines.errors import EngineFailed, PromptTooLong
from steelyard.serving.chat import Wire
from steelyard.serving.deadline import Deadline
from steelyard.serving.lease import Lease
from steelyard.serving.models import EmbedAsk, Embedded, Timings, Usage

_AT_ONCE = 64  # texts in one call
_CUTS = 6  # times that a text is cut in half before its error is believed


async def embed(wire: Wire, ask: EmbedAsk, lease: Lease, deadline: Deadline) -> Embedded:
    """A vector for each text. Raises TimedOut, ClientLeft, PromptTooLong and the errors of engines."""
    vectors: list[Sequence[float]] = []
    tokens = 0
    for start in range(0, len(ask.texts), _AT_ONCE):
        some, count = await _batch(wire, ask, list(ask.texts[start : start + _AT_ONCE]), lease, deadline)
        vectors += some
        tokens += count
    timings = Timings(lease.queue_ms, lease.load_ms, None, round(deadline.passed * 1000, 3))
    name = lease.weights.name
    return Embedded(name, [shortened(vector, ask.dimensions) for vector in vectors], Usage(tokens, 0), timings)


def shortened(vector: Sequence[float], dimensions: int | None) -> Sequence[float]:
    """The first so many numbers, of length one again (Matryoshka embeddings, arXiv 2205.13147)."""
    if dimensions is None or dimensions >= len(vector):
        return vector
    cut = vector[:dimensions]
    length = math.sqrt(sum(number * number for number in cut))
    return [number / length for number in cut] if length else cut


async def _batch(
    wire: Wire, ask: EmbedAsk, texts: list[str], lease: Lease, deadline: Deadline
) -> tuple[list[Sequence[float]], int]:
    """Several at once; when one of them is too long, one by one, and that one cut where that is allowed."""
    try:
        return await _call(wire, texts, lease, deadline)
    except PromptTooLong:
        if not ask.truncate:
            raise
    vectors: list[Sequence[float]] = []
    tokens = 0
    for text in texts:
        found, count = await _cut(wire, text, lease, deadline)
        vectors += found
        tokens += count
    return vectors, tokens


async def _cut(wire: Wire, text: str, lease: Lease, deadline: Deadline) -> tuple[list[Sequence[float]], int]:
    text = text[: 8 * lease.options.context]  # a token has some four characters
    for _ in range(_CUTS):
        try:
            return await _call(wire, [text], lease, deadline)
        except PromptTooLong:
            text = text[: len(text) // 2]
    return await _call(wire, [text], lease, deadline)


async def _call(
    wire: Wire, texts: Sequence[str], lease: Lease, deadline: Deadline
) -> tuple[list[Sequence[float]], int]:
    body = {"model": lease.endpoint.model, "input": list(texts), "encoding_format": "float"}
    answer = await deadline.wait(wire.call(lease.endpoint, "/v1/embeddings", body))
    usage = answer.get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, Mapping) else 0
    if not is_count(tokens):
        raise _senseless()
    return _vectors(answer, len(texts)), tokens or 0


def _vectors(answer: Mapping[str, Any], count: int) -> list[Sequence[float]]:
    """In the order of the texts. Raises EngineFailed for an answer that is none."""
    data = answer.get("data")
    lines = data if isinstance(data, list) else []
    if len(lines) != count:
        raise EngineFailed(f"The engine made {len(lines)} vectors of {count} texts.", hint="Try again.")
    placed = {_place(line, place): line for place, line in enumerate(lines)}
    if sorted(placed) != list(range(count)):
        raise _senseless()
    return [_vector(placed[place].get("embedding")) for place in range(count)]


def _place(line: Any, usual: int) -> int:
    """Which text a vector belongs to; in the order of the texts where nobody says."""
    place = line.get("index", usual) if isinstance(line, dict) else None
    if type(place) is not int:
        raise _senseless()
    return place


def _vector(numbers: Any) -> Sequence[float]:
    """Finite numbers, one or more."""
    try:
        is_one = type(numbers) is list and bool(numbers) and all(map(math.isfinite, numbers))
    except (TypeError, OverflowError) as error:
        raise _senseless() from error
    if not is_one:
        raise _senseless()
    found: list[float] = numbers
    return found


def _senseless() -> EngineFailed:
    return EngineFailed("The engine's vectors make no sense.", hint="Try again; or ask another model.")
