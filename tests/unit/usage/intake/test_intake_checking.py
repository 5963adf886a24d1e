"""What the log takes of a batch, and what it says of the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from steelyard.usage.events import milliseconds
from steelyard.usage.intake.checking import Checker, Known, Line, Window
from steelyard.usage.intake.parameters import ParameterReader, Wrong
from steelyard.usage.intake.reported import Reported

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KNOWN = Known(
    models={"t2v": "org/t2v-A14B", "../x": Wrong("model: no name")},
    people={"alice": 7, "bob": Wrong("username: not for others")},
    addresses={"10.0.0.9": "10.0.0.0/24", "here": Wrong("ip_address is no address")},
    reporter=3,
)


def check(*events: Any, has_nul: bool = True) -> tuple[list[Line], list[tuple[int, str]]]:
    window = Window(milliseconds(NOON - timedelta(days=90)), milliseconds(NOON + timedelta(minutes=5)))
    taken, rejected = Checker(KNOWN, window, ParameterReader(stores_prompts=False), has_nul=has_nul).check(events)
    return taken, [(each.index, each.detail) for each in rejected]


def event(**more: Any) -> Reported:
    return Reported(**{"timestamp": NOON, "type": "generation_completed", **more})


def test_a_line_has_everything_as_the_log_keeps_it() -> None:
    (line,), rejected = check(event(model="t2v", username="alice", ip_address="10.0.0.9", user_agent="a" * 300))
    assert not rejected
    assert (line.model, line.principal, line.address, line.agent) == ("org/t2v-A14B", 7, "10.0.0.0/24", "a" * 200)
    assert (line.at_ms, line.type) == (milliseconds(NOON), "generation_completed")


def test_an_event_without_a_name_is_its_reporters_own() -> None:
    (line,), _ = check(event())
    assert (line.principal, line.model, line.address, line.agent) == (3, None, None, None)


def test_other_names_of_the_same_fields() -> None:
    (line,), _ = check(Reported(timestamp=NOON, event_type="model_load", model_id="t2v"))
    assert (line.type, line.model) == ("model_load", "org/t2v-A14B")


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ("what reading said", "what reading said"),
        (event(timestamp=NOON + timedelta(minutes=5, milliseconds=1)), "ahead"),
        (event(timestamp=NOON - timedelta(days=90, milliseconds=1)), "older"),
        (event(type=None), "missing"),
        (event(type="Generation"), "letters"),
        (event(event_type="model_load"), "do not say the same"),
        (event(model="t2v", model_id="other"), "do not say the same"),
        (event(model="../x"), "no name"),
        (event(username="bob"), "not for others"),
        (event(ip_address="here"), "no address"),
        (event(session="a\0b"), "NUL"),
    ],
)
def test_what_is_rejected(wrong: Any, detail: str) -> None:
    taken, rejected = check(event(), wrong, event())
    assert len(taken) == 2
    assert [index for index, _ in rejected] == [1]
    assert detail in rejected[0][1]


def test_the_edges_of_time_are_taken() -> None:
    taken, _ = check(event(timestamp=NOON + timedelta(minutes=5)), event(timestamp=NOON - timedelta(days=90)))
    assert len(taken) == 2


@pytest.mark.parametrize(
    ("some", "is_start", "is_end"),
    [
        ({"type": "generation_started", "request_id": "r"}, True, False),
        ({"type": "generation_request", "request_id": "r"}, True, False),
        ({"type": "generation_request", "request_id": "r", "success": True}, False, False),
        ({"type": "generation_request"}, False, False),
        ({"type": "generation_started"}, False, False),
        ({"type": "generation_completed", "request_id": "r"}, False, True),
        ({"type": "generation_failed", "request_id": "r"}, False, True),
        ({"type": "generation_completed"}, False, False),
        ({"type": "model_load", "request_id": "r"}, False, False),
    ],
)
def test_starts_and_ends(some: dict[str, Any], is_start: bool, is_end: bool) -> None:
    (line,), _ = check(event(**some))
    assert (line.is_start, line.is_end) == (is_start, is_end)
