"""Texts made into vectors."""

import asyncio
import math

import pytest

from steelyard.engines.errors import EngineFailed, PromptTooLong
from steelyard.engines.models import Endpoint, LoadOptions
from steelyard.serving.deadline import Deadline
from steelyard.serving.embed import embed, shortened
from steelyard.serving.lease import Lease
from steelyard.serving.models import EmbedAsk, Usage
from steelyard.testing.clock import HandClock
from tests.unit.serving.hand import HandWire, weights


def lease() -> Lease:
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    return Lease(
        Endpoint("http://127.0.0.1:9", "served"), "hand", weights(), LoadOptions(), (), 1.0, 2.0, failed, lambda: None
    )


async def test_many_texts_in_their_order_by_few_calls() -> None:
    wire, ask = HandWire(), EmbedAsk("a", [f"text {number}" for number in range(150)])
    found = await embed(wire, ask, lease(), Deadline(60.0, HandClock()))
    assert [len(body["input"]) for _, body in wire.asked] == [64, 64, 22]
    assert [vector[2] for vector in found.vectors] == [
        *map(float, range(64)),
        *map(float, range(64)),
        *map(float, range(22)),
    ]
    assert (found.model, found.usage) == ("a", Usage(150, 0))


async def test_a_text_that_is_too_long_is_cut_alone() -> None:
    wire = HandWire(error=PromptTooLong("long"), words=10)
    found = await embed(wire, EmbedAsk("a", ["short", "word " * 35]), lease(), Deadline(60.0, HandClock()))
    assert len(found.vectors) == 2
    sent = [[len(text.split()) for text in body["input"]] for _, body in wire.asked]
    assert sent[:2] == [[1, 35], [1]]
    assert sent[-1] == [9]


async def test_or_refused_where_it_must_not_be_cut() -> None:
    wire = HandWire(error=PromptTooLong("long"), words=10)
    with pytest.raises(PromptTooLong):
        await embed(wire, EmbedAsk("a", ["word " * 35], truncate=False), lease(), Deadline(60.0, HandClock()))


async def test_an_answer_that_is_none() -> None:
    class Mute(HandWire):
        async def call(self, *_: object) -> dict[str, object]:
            return {"data": []}

    with pytest.raises(EngineFailed, match="0 vectors of 1 text"):
        await embed(Mute(), EmbedAsk("a", ["x"]), lease(), Deadline(60.0, HandClock()))


def test_fewer_dimensions_have_length_one_again() -> None:
    assert shortened([3.0, 4.0, 12.0], 2) == [0.6, 0.8]
    assert math.isclose(sum(number**2 for number in shortened([1.0, 2.0, 3.0], 2)), 1.0)
    assert shortened([3.0, 4.0], None) == shortened([3.0, 4.0], 5) == [3.0, 4.0]
    assert shortened([0.0, 0.0], 1) == [0.0]


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [5, 5]},
        {"data": [{"x": 1}, {"x": 1}]},
        {"data": [{"embedding": "ab"}] * 2},
        {"data": [{"embedding": []}] * 2},
        {"data": [{"embedding": [1.0, None]}] * 2},
        {"data": [{"embedding": [1.0, math.inf]}] * 2},
        {"data": [{"embedding": [10**400]}] * 2},
        {"data": [{"embedding": [1.0], "index": 0}] * 2},
        {"data": [{"embedding": [1.0], "index": "0"}, {"embedding": [1.0], "index": 1}]},
        {"data": [{"embedding": [1.0]}] * 2, "usage": {"prompt_tokens": "x"}},
        {"data": [{"embedding": [1.0]}] * 2, "usage": {"prompt_tokens": -1}},
    ],
)
async def test_vectors_that_are_none(answer: dict[str, object]) -> None:
    """Told in words, and none is taken for another text's."""

    class Odd(HandWire):
        async def call(self, *_: object) -> dict[str, object]:
            return answer

    with pytest.raises(EngineFailed, match="no sense"):
        await embed(Odd(), EmbedAsk("a", ["x", "y"]), lease(), Deadline(60.0, HandClock()))
