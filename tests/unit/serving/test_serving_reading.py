"""What an engine answers, as pieces; the wire lets nothing through that cannot be read, and here is the second line."""

import pytest

from steelyard.engines.errors import EngineFailed
from steelyard.serving.models import Piece, Usage
from steelyard.serving.reading import Reading


def test_pieces_counts_and_the_reason() -> None:
    reading = Reading()
    assert reading.take({"choices": [{"delta": {"content": "a"}}]}) == Piece("a", "", (), None)
    assert reading.take({"choices": [{"delta": {}, "finish_reason": "length"}]}) is None
    assert reading.take({"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 3}}) is None
    assert (reading.finish, reading.counted()) == ("length", Usage(2, 3))


@pytest.mark.parametrize(
    "chunk",
    [{"choices": ["x"]}, {"choices": [{"delta": "s"}]}, {"choices": [{"delta": {"content": ["a"]}}]},
     {"choices": [{"delta": {"tool_calls": 5}}]}, {"usage": {"prompt_tokens": "x"}}],
)  # fmt: skip
def test_what_cannot_be_read_has_failed(chunk: dict[str, object]) -> None:
    with pytest.raises(EngineFailed, match="no sense"):
        Reading().take(chunk)
