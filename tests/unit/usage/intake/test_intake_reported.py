"""Bodies of reported events: every form of them, and what is no batch."""

import json
from typing import Any

import pytest

from steelyard.usage.intake.reported import MOST_EVENTS, NotEvents, Reported, read_batch

EVENT: dict[str, Any] = {"type": "generation_completed", "model": "org/name", "timestamp": "2026-01-01T12:00:00Z"}


def read(document: Any) -> list[Any]:
    return list(read_batch(json.dumps(document).encode(), is_lines=False).lines)


def test_a_batch_one_event_and_lines_say_the_same() -> None:
    bare = read_batch(json.dumps(EVENT).encode(), is_lines=False)
    lines = read_batch(f"{json.dumps(EVENT)}\n\n{json.dumps(EVENT)}\r\n".encode(), is_lines=True)
    assert bare.is_bare
    assert read({"events": [EVENT, EVENT]}) == lines.lines == [*bare.lines, *bare.lines]
    assert not lines.is_bare


def test_no_events_are_a_batch_too() -> None:
    assert read({"events": []}) == []


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({**EVENT, "surprise": 1}, "unknown field `surprise`"),
        ({**EVENT, "duration_ms": "long"}, "`$.duration_ms`"),
        ({**EVENT, "duration_ms": -1}, "`$.duration_ms`"),
        ({**EVENT, "tokens_in": 1.5}, "`$.tokens_in`"),
        ({**EVENT, "tokens_in": 2**60}, "`$.tokens_in`"),
        ({**EVENT, "timestamp": "2026-01-01T12:00:00"}, "timezone"),
        ({**EVENT, "timestamp": 1767268800}, "`$.timestamp`"),
        ({**EVENT, "request_id": "r" * 65}, "`$.request_id`"),
        ({"type": "generation_completed"}, "`timestamp`"),
        (None, "got `null`"),
        (7, "got `int`"),
    ],
)
def test_each_line_is_read_by_itself(wrong: Any, detail: str) -> None:
    first, second, third = read({"events": [EVENT, wrong, EVENT]})
    assert isinstance(first, Reported)
    assert detail in second
    assert first == third


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"events": null}', b'{"events": {}}', b'{"events": [], "more": 1}', b"{" * 100_000,
     b'{"events": ' + b"[" * 100_000, b'{"events": ["\xff"}'],
)  # fmt: skip
def test_what_is_no_batch(body: bytes) -> None:
    with pytest.raises(NotEvents):
        read_batch(body, is_lines=False)


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"\\ud800"],
)
def test_text_that_is_no_unicode_is_never_taken(body: bytes) -> None:
    line = b'{"timestamp": "2026-01-01T12:00:00Z", "type": "%s"}' % body
    assert [type(each) for each in read_batch(line, is_lines=True).lines] == [str]


def test_more_than_a_batch() -> None:
    with pytest.raises(NotEvents, match="10000"):
        read({"events": [EVENT] * (MOST_EVENTS + 1)})
    with pytest.raises(NotEvents, match="10000"):
        read_batch(b"{}\n" * (MOST_EVENTS + 1), is_lines=True)
