"""Events as they travel."""

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest

from steelyard.client.track.fields import MOST_PARAMETERS, encode

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def sent(**fields: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(encode("generation_completed", "org/name", fields, NOON))  # type: ignore[arg-type]
    return said


def test_what_is_not_known_does_not_travel() -> None:
    event = sent(tokens_in=3, tokens_out=None)
    assert event.pop("id")
    assert event == {
        "type": "generation_completed", "model": "org/name", "timestamp": "2026-01-01T12:00:00.000Z", "tokens_in": 3,
    }  # fmt: skip


def test_ids_are_made_up_once_for_each_event_and_kept_where_given() -> None:
    assert sent()["id"] != sent()["id"]
    assert sent(id="mine")["id"] == "mine"


def test_a_time_that_is_given() -> None:
    assert sent(timestamp=datetime(2025, 6, 1, tzinfo=UTC))["timestamp"] == "2025-06-01T00:00:00.000Z"
    assert sent(timestamp="2025-06-01T00:00:00Z")["timestamp"] == "2025-06-01T00:00:00Z"


def test_what_json_has_no_form_for_goes_as_its_text() -> None:
    assert sent(parameters={"scale": Decimal("1.5"), "at": PurePosixPath("/x")})["parameters"] == {
        "scale": "1.5", "at": "/x",
    }  # fmt: skip


def test_a_field_that_there_is_not_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "steelyard.track"):
        assert "tokns" not in sent(tokns=1)
    assert "tokns" in caplog.text


def test_what_the_depot_would_not_take_is_cut_or_left_out() -> None:
    event = sent(error_code="x" * 65, first_token_ms=float("nan"), parameters={"prompt": "x" * 9_000})
    assert (len(event["error_code"]), len(event["parameters"]["prompt"])) == (64, 2_000)
    assert "first_token_ms" not in event
    assert "parameters" not in sent(parameters={"words": "x" * MOST_PARAMETERS})
    assert "parameters" not in sent(parameters={"scale": float("inf")})


def test_one_event_is_one_line() -> None:
    line = encode("a", "m", {"parameters": {"prompt": "one\ntwo\u2028three"}}, NOON)
    assert len(line.splitlines()) == 1
