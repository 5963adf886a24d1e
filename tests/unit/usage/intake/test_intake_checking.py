"""What the log takes of a batch, and what it says of the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from steelyard.usage.events import milliseconds
from steelyard.usage.intake.checking import Checker, Known, Names, Taken, Window, moments_of, names_in
from steelyard.usage.intake.pairing import Told, told_of
from steelyard.usage.intake.parameters import ParameterReader, Wrong
from steelyard.usage.intake.reported import Reported

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KNOWN = Known(
    models={"t2v": "org/t2v-A14B", "../x": Wrong("model: no name")},
    people={"alice": 7, "bob": Wrong("username: not for others")},
    addresses={"10.0.0.9": "10.0.0.0/24", "here": Wrong("ip_address is no address")},
    reporter=3,
)


def check(*events: Any, has_nul: bool = True) -> tuple[Taken, list[tuple[int, str]]]:
    window = Window(milliseconds(NOON - timedelta(days=90)), milliseconds(NOON + timedelta(minutes=5)))
    taken, rejected = Checker(KNOWN, window, ParameterReader(stores_prompts=False), has_nul=has_nul).check(events)
    return taken, [(each.index, each.detail) for each in rejected]


def event(**more: Any) -> Reported:
    return Reported(**{"timestamp": NOON, "type": "generation_completed", **more})


def test_a_line_has_everything_as_the_log_keeps_it() -> None:
    taken, rejected = check(event(model="t2v", username="alice", ip_address="10.0.0.9", user_agent="a" * 300))
    assert not rejected
    assert (taken.models, taken.principals, taken.addresses) == (["org/t2v-A14B"], [7], ["10.0.0.0/24"])
    assert (taken.agents, taken.at_ms, list(taken.types)) == (
        ["a" * 200],
        [milliseconds(NOON)],
        ["generation_completed"],
    )


def test_an_event_without_a_name_is_its_reporters_own() -> None:
    taken, _ = check(event())
    assert (taken.principals, taken.models, taken.addresses, taken.agents) == ([3], [None], [None], [None])


def test_other_names_of_the_same_fields() -> None:
    taken, _ = check(Reported(timestamp=NOON, event_type="model_load", model_id="t2v"), event(model="t2v"))
    assert taken.types == ["model_load", "generation_completed"]
    assert taken.models == ["org/t2v-A14B"] * 2


def test_times_are_whole_milliseconds() -> None:
    times = [NOON + timedelta(microseconds=micros) for micros in (0, 1, 999, 1000, 123_456, 999_999, -1, -1000)]
    assert moments_of({"timestamp": times}) == list(map(milliseconds, times))


def test_an_empty_batch() -> None:
    taken, rejected = check()
    assert (len(taken.at_ms), rejected) == (0, [])


def test_what_a_batch_names() -> None:
    some: list[Any] = [
        event(model="a", username="b"),
        "unreadable",
        event(model_id="c", ip_address="10.0.0.9"),
        event(model="a"),
    ]
    assert names_in(some) == Names({"a", "c"}, {"b"}, {"10.0.0.9"})


def test_what_no_column_has_stands_among_the_parameters() -> None:
    same = msgspec.Raw(b'{"steps":30}')
    taken, _ = check(*[event(parameters=same)] * 3, event(parameters=same, generation_speed=2.5))
    assert taken.shared == ['{"steps":30}'] * 3 + [None]
    assert taken.own == [None] * 3 + [{"steps": 30, "generation_speed": 2.5}]


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
        (event(parameters=msgspec.Raw(b"[1]")), "parameters"),
        (event(type=None, model="../x", session="a\0b"), "NUL"),
        (event(type=None, model="../x"), "missing"),
    ],
)
def test_what_is_rejected(wrong: Any, detail: str) -> None:
    taken, rejected = check(event(session="a"), wrong, event(session="b"), "unreadable")
    assert list(taken.said["session"]) == ["a", "b"]
    assert [index for index, _ in rejected] == [1, 3]
    assert detail in rejected[0][1]
    assert rejected[1][1] == "unreadable"


def test_the_edges_of_time_are_taken() -> None:
    taken, _ = check(event(timestamp=NOON + timedelta(minutes=5)), event(timestamp=NOON - timedelta(days=90)))
    assert len(taken.at_ms) == 2


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
    taken, _ = check(event(**some))
    assert told_of(taken) == [Told(is_start, is_end, names_somebody=False)]
