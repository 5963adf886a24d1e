"""What the scheduler refuses says what helps."""

import pytest

from steelyard.serving.errors import LoadCoolingDown
from steelyard.serving.moves import Refusal, Refuse
from steelyard.serving.refusals import error_of


@pytest.mark.parametrize("why", Refusal)
def test_each_says_what_to_do(why: Refusal) -> None:
    assert error_of(_refuse(why), "org/name", None).hint


def test_one_that_cools_down_says_when_and_where_to_look() -> None:
    error = error_of(_refuse(Refusal.COOLING_DOWN), "org/name", None)
    assert isinstance(error, LoadCoolingDown)
    assert error.retry_after == 2.0
    assert error.hint is not None
    assert "Retry-After" in error.hint
    assert "steelyard show org/name" in error.hint


def _refuse(why: Refusal) -> Refuse:
    return Refuse(1, why, "its file is cut short", 2.0)
