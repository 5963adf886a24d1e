"""Models in memory as rows, and as parts of a bar."""

from datetime import UTC, datetime
from typing import Any

import pytest

from steelyard.testing.pages import fake_loaded
from steelyard.web.badges import Tone
from steelyard.web.shelf import Json, RunningState
from steelyard.web.view.running import Running, running

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
GB = 10**9


def view(*models: Json, used: int | None = None, engines: tuple[Json, ...] = (), **more: Any) -> Running:
    """What the page shows of these models."""
    taken = sum(one["size_bytes"] for one in models) if used is None else used
    loaded: Json = {
        "count": len(models), "models": list(models), "waiting": {}, "used_bytes": taken, "budget_bytes": 80 * GB,
        "max_loaded": None,
    }  # fmt: skip
    return running(RunningState(loaded | more, list(engines)), NOW)


def test_an_idle_model_says_when_it_leaves() -> None:
    (row,) = view(fake_loaded()).models
    assert (row.model, row.engine, row.size, row.context) == ("org/name", "llama.cpp", "44.1 GB", "4,096 tokens")
    assert row.users is None
    assert row.leaves is not None
    assert row.leaves.text == "in 5 minutes"


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"in_flight": 2}, "while it is used"),
        ({"pinned": True, "expires_at": None}, "for good"),
        ({"expires_at": None}, "until it is unloaded"),
    ],
)
def test_a_model_that_stays_says_why(fields: dict[str, Any], stays: str) -> None:
    (row,) = view(fake_loaded(**fields)).models
    assert (row.leaves, row.stays) == (None, stays)


def test_requests_are_counted() -> None:
    assert [row.users for row in view(fake_loaded("a", in_flight=1), fake_loaded("b", in_flight=3)).models] == [
        "1 request",
        "3 requests",
    ]


def test_a_model_loaded_twice_is_two_rows_and_one_of_them_chats() -> None:
    rows = view(fake_loaded(), fake_loaded(task="embed")).models
    assert [(row.task, row.chats) for row in rows] == [("chat", True), ("embeddings", False)]
    assert len({row.key for row in rows}) == 2


def test_each_model_has_its_part_of_the_budget_and_a_key_of_its_own() -> None:
    shown = view(fake_loaded("a", size_bytes=40 * GB), fake_loaded("b", size_bytes=20 * GB))
    assert [(bar.label, bar.start, bar.width) for bar in shown.bars] == [
        ("a: 40.0 GB", 0, 500),
        ("b: 20.0 GB", 500, 250),
    ]
    assert (shown.memory, shown.percent, shown.others) == ("60.0 GB of 80.0 GB", 75, None)
    assert len({row.key for row in shown.models}) == 2


def test_models_that_somebody_may_not_see_only_take_memory() -> None:
    shown = view(fake_loaded("a", size_bytes=40 * GB), used=48 * GB)
    assert shown.others == "8.0 GB"
    assert [bar.width for bar in shown.bars] == [500, 100]


def test_the_bar_never_leaves_its_place() -> None:
    shown = view(fake_loaded(size_bytes=100 * GB))
    assert sum(bar.width for bar in shown.bars) == 1000
    assert shown.percent == 100
    assert view(fake_loaded(size_bytes=0), budget_bytes=0).bars == ()


def test_nothing_is_said_plainly() -> None:
    shown = view(max_loaded=3)
    assert (shown.summary, shown.memory, shown.most, shown.bars) == ("no model", "0 B of 80.0 GB", "3 models", ())


def test_who_waits_is_counted_by_model() -> None:
    assert view(waiting={"b": 1, "a": 2}).waiting == ("2 requests wait for a", "1 request waits for b")


def test_an_engine_that_cannot_be_used_says_why_and_what_helps() -> None:
    shown = view(
        engines=(
            {"name": "llamacpp", "usable": True, "reason": None, "hint": None},
            {"name": "vllm", "usable": False, "reason": "no program is set", "hint": "Install it."},
            {"name": "of a plug-in", "usable": True, "reason": None, "hint": None},
        )
    )
    assert [row.name for row in shown.engines] == ["llama.cpp", "vLLM", "of a plug-in"]
    assert [row.badge.tone for row in shown.engines] == [Tone.GOOD, Tone.QUIET, Tone.GOOD]
    assert (shown.engines[1].reason, shown.engines[1].hint) == ("no program is set", "Install it.")
