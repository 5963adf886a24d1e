"""An answer has an end, also where its engine finds none."""

import pytest

from steelyard.engines.errors import EngineFailed
from steelyard.serving.bound import MOST_PIECES, MOST_TEXT, Bound
from steelyard.serving.models import Piece

HALF = "a" * (MOST_TEXT // 2)


@pytest.mark.parametrize(
    ("fits", "beyond"),
    [
        ([Piece(HALF), Piece(reasoning=HALF)], Piece("a")), ([Piece("a")] * MOST_PIECES, Piece("a")),
        ([Piece(HALF)], Piece(tool_calls=[{"function": {"arguments": HALF}}])),
        ([Piece(logprobs={"content": HALF})] * 7, Piece(logprobs={"content": HALF})),
    ],
    ids=["text", "pieces", "calls", "logprobs"],
)  # fmt: skip
def test_so_much_and_no_more(fits: list[Piece], beyond: Piece) -> None:
    bound = Bound()
    bound.add(fits)
    with pytest.raises(EngineFailed, match="no end"):
        bound.add([beyond])
