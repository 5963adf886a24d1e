"""Models in memory, who waits for one, and the engines."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web.badges import UNUSABLE, USABLE, Badge
from steelyard.web.shelf import Json, RunningState
from steelyard.web.words import Moment, count, counted, due, moment

CHAT = "chat"  # the task of those that answer
_ENGINES = {"llamacpp": "llama.cpp", "vllm": "vLLM", "remote": "other servers"}
_TASKS = {"embed": "embeddings"}
_WIDTH = 1000  # units of the bar
_LETTERS = 10


@dataclass(frozen=True, slots=True)
class LoadedRow:
    """One model in memory for one ``task``; ``chats`` says whether it is chatting. ``key`` is the same for the same
    model and task. ``leaves`` is None for one that stays, and ``stays`` says why. ``users`` is None while nobody uses
    it."""

    key: str
    model: str
    task: str
    chats: bool
    engine: str
    size: str
    context: str
    users: str | None
    since: Moment | None
    leaves: Moment | None
    stays: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One model's part of the memory bar, in thousandths of it."""

    label: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class EngineRow:
    """One engine: ``reason`` and ``hint`` for those that cannot be used here."""

    name: str
    badge: Badge
    reason: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Running:
    """All of it. ``percent`` and ``bars`` are of the budget; ``others`` is what models take that are not shown."""

    models: tuple[LoadedRow, ...]
    summary: str
    memory: str
    percent: int
    bars: tuple[Bar, ...]
    others: str | None
    most: str | None
    waiting: tuple[str, ...]
    engines: tuple[EngineRow, ...]


def running(state: RunningState, now: datetime) -> Running:
    """The page's view of what runs."""
    loaded = state.loaded
    used, budget, sizes = loaded["used_bytes"], loaded["budget_bytes"], [one["size_bytes"] for one in loaded["models"]]
    others = used - sum(sizes)
    parts = [(one["model"], one["size_bytes"]) for one in loaded["models"]]
    return Running(
        models=tuple(_row(one, now) for one in loaded["models"]),
        summary=counted(loaded["count"], "model") if loaded["count"] else "no model",
        memory=f"{format_size(used)} of {format_size(budget)}",
        percent=round(100 * min(1.0, used / budget)) if budget else 0,
        bars=_bars([*parts, ("models that you do not see", others)], max(budget, used)),
        others=format_size(others) if others > 0 else None,
        most=None if loaded["max_loaded"] is None else counted(loaded["max_loaded"], "model"),
        waiting=tuple(_line(name, number) for name, number in sorted(loaded["waiting"].items())),
        engines=tuple(_engine(one) for one in state.engines),
    )


def in_memory(state: RunningState) -> frozenset[str]:
    """The models of which something is in memory, by name without the variant."""
    return frozenset(one["model"].partition(":")[0] for one in state.loaded["models"])


def engine_label(name: str) -> str:
    """What people call an engine."""
    return _ENGINES.get(name, name)


def task_label(name: str) -> str:
    """What people call what a model is loaded for."""
    return _TASKS.get(name, name)


def _row(one: Json, now: datetime) -> LoadedRow:
    users = one["in_flight"]
    return LoadedRow(
        key=hashlib.sha256(f"{one['model']}|{one['task']}".encode()).hexdigest()[:_LETTERS],
        model=one["model"],
        task=task_label(one["task"]),
        chats=one["task"] == CHAT,
        engine=engine_label(one["engine"]),
        size=format_size(one["size_bytes"]),
        context=f"{count(one['context'])} tokens",
        users=counted(users, "request") if users else None,
        since=moment(one["loaded_at"], now),
        leaves=None if users or one["pinned"] else due(one["expires_at"], now),
        stays=_stays(one),
        pinned=one["pinned"],
    )


def _stays(one: Json) -> str:
    if one["pinned"]:
        return "for good"
    return "while it is used" if one["in_flight"] else "until it is unloaded"


def _bars(parts: Sequence[tuple[str, int]], whole: int) -> tuple[Bar, ...]:
    bars, start = list[Bar](), 0
    for name, size in parts:
        width = round(_WIDTH * size / whole) if whole and size > 0 else 0
        if width:
            bars.append(Bar(f"{name}: {format_size(size)}", start, width))
        start += width
    return tuple(bars)


def _line(name: str, number: int) -> str:
    return f"{counted(number, 'request')} {'waits' if number == 1 else 'wait'} for {name}"


def _engine(one: Json) -> EngineRow:
    return EngineRow(
        engine_label(one["name"]), USABLE if one["usable"] else UNUSABLE, one.get("reason"), one.get("hint")
    )
