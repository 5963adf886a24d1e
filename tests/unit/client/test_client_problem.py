import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.client.errors import ApiError, Conflict, NotFound, TooManyRequests
from steelyard.client.problem import is_foreign, read_problem, read_retry_after

NOW = datetime(2025, 1, 1, 12, 0, 0, tzinfo=UTC)


def test_a_problem_in_full() -> None:
    body = json.dumps(
        {"type": "/errors/cooling-down", "title": "Too soon", "status": 429, "detail": "Wait.", "hint": "Look at it."}
    )

    error = read_problem(429, body.encode(), "12")

    assert isinstance(error, TooManyRequests)
    assert (error.slug, error.title, error.detail) == ("cooling-down", "Too soon", "Wait.")
    assert (error.hint, error.retry_after, str(error)) == ("Look at it.", 12.0, "Wait.")


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (409, Conflict), (403, ApiError), (500, ApiError)])
def test_kinds(status: int, kind: type[ApiError]) -> None:
    assert type(read_problem(status, b"{}", None)) is kind


@pytest.mark.parametrize("problem_type", ["not-found", "/errors/not-found", "urn:steelyard:not-found", "/e#not-found"])
def test_the_slug_is_the_end_of_the_type(problem_type: str) -> None:
    assert read_problem(404, json.dumps({"type": problem_type}).encode(), None).slug == "not-found"


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"[]", b'{"type": "about:blank"}', b'{"detail": 7}', b"\xff"]
)
def test_what_a_proxy_may_say(body: bytes) -> None:
    error = read_problem(502, body, None)

    assert (error.slug, error.title, error.hint) == ("http-502", "Bad Gateway", None)
    assert error.detail == "The server answered 502 Bad Gateway."


@pytest.mark.parametrize(
    ("status", "content_type", "foreign"),
    [
        (404, "application/problem+json", False),
        (422, "application/problem+json; charset=utf-8", False),
        (404, "application/json", True),
        (403, "", True),
        (501, "text/html", True),
        (413, "text/html", False),
        (502, "text/html", False),
        (307, "", False),
    ],
)
def test_an_error_that_no_depot_words_like_this(status: int, content_type: str, foreign: bool) -> None:
    assert is_foreign(status, content_type) is foreign


@given(st.integers(400, 999), st.binary(max_size=50), st.none() | st.text(max_size=20))
def test_reading_a_problem_never_fails(status: int, body: bytes, retry_after: str | None) -> None:
    assert read_problem(status, body, retry_after).status == status


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("soon", None),
        ("-1", None),
        ("Wed, 01 Jan 2025 12:00:30 GMT", 30.0),
        ("Wed, 01 Jan 2025 12:00:30 -0000", 30.0),
        ("Wed, 01 Jan 2025 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert read_retry_after(header, NOW) == seconds
