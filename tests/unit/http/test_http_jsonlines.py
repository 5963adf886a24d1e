"""Log lines for programs."""

import json
import logging
import sys
from typing import Any

import structlog

from steelyard.http.jsonlines import JsonLines


def line(record: logging.LogRecord) -> dict[str, Any]:
    """What is written, read again."""
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def record(text: str = "pulled %s", *given: object, **more: Any) -> logging.LogRecord:
    """As a logger makes it."""
    return logging.getLogger("steelyard.x").makeRecord(
        "steelyard.x", logging.INFO, "f", 1, text, given, None, extra=more
    )


def test_a_line_has_the_event_its_fields_and_the_request_s_id() -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        found = line(record("pulled %s", "gpt2", files=3, store=object))
    assert (found["event"], found["request_id"], found["files"]) == ("pulled gpt2", "r1", 3)
    assert (found["level"], found["logger"]) == ("info", "steelyard.x")
    assert found["store"] == repr(object)
    assert found["timestamp"].endswith("Z")
    assert set(found) == {"event", "request_id", "files", "store", "level", "logger", "timestamp"}


def test_an_exception_stands_in_its_line() -> None:
    try:
        int("too heavy")
    except ValueError:
        broken = record("failed")
        broken.exc_info = sys.exc_info()
    assert line(broken)["exception"].endswith("literal for int() with base 10: 'too heavy'")
