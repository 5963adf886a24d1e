import pytest

from steelyard.client.call import Answer, Call, given, nothing, page, shape
from steelyard.client.errors import UnexpectedAnswer
from steelyard.client.shapes import Job, JobPage


def test_only_given_parameters_are_sent_as_text() -> None:
    call = Call("GET", "/jobs", nothing, {"a": None, "b": 0, "c": False, "d": "x"})

    assert call.query == {"b": "0", "c": "false", "d": "x"}


@pytest.mark.parametrize(("method", "idempotent"), [("GET", True), ("DELETE", False), ("POST", False)])
def test_what_may_be_repeated(method: str, idempotent: bool) -> None:
    assert Call(method, "/", nothing).idempotent is idempotent


def test_a_shape_keeps_fields_it_does_not_know() -> None:
    assert shape(Job)(Answer(200, {"id": "j1", "new": 1})) == {"id": "j1", "new": 1}


@pytest.mark.parametrize("payload", [None, [], "text", {"jobs": []}, {"count": 1}, {"count": "1", "jobs": []}])
def test_a_page_must_have_a_count_and_a_list(payload: object) -> None:
    with pytest.raises(UnexpectedAnswer):
        page(JobPage, "jobs")(Answer(200, payload))


def test_given() -> None:
    assert given({"a": None, "b": "x", "c": 0}) == {"b": "x", "c": 0}
