"""View models: the depot's answers turned into finished strings. Pure; templates only place them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web import badges
from steelyard.web.badges import Badge
from steelyard.web.query import ListQuery
from steelyard.web.shelf import Json, Overview
from steelyard.web.words import Moment, count, counted, moment

_VERBS = {
    "request": "asked for",
    "download": "got",
    "get": "looked at",
    "list": "looked through the shelf",
    "update": "changed",
    "delete": "deleted",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One big number: ``beside`` stands smaller next to it, ``note`` below."""

    label: str
    value: str
    beside: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One line of what happened: who, verb, model, when."""

    who: str
    verb: str
    model: str | None
    when: Moment | None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One row of the library; ``note`` is what the status alone leaves unsaid."""

    model: str
    badge: Badge
    marks: tuple[Badge, ...]
    format: str | None
    detail: str | None
    note: str | None
    size: str
    downloads: str
    pulled_by: str | None
    pulled_at: Moment | None
    used_at: Moment | None


@dataclass(frozen=True, slots=True)
class Library:
    """One page of the shelf; ``previous`` and ``next`` are None where there is no such page."""

    total: int
    q: str | None
    summary: str
    rows: tuple[ModelRow, ...]
    previous: ListQuery | None
    next: ListQuery | None


def tiles(overview: Overview) -> tuple[Tile, ...]:
    """The four numbers on top of the page."""
    free = overview.bytes_free
    return (
        Tile("Models on the shelf", count(overview.models)),
        Tile("Stored", format_size(overview.bytes_held), None if free is None else f"{format_size(free)} free"),
        Tile("People", count(overview.people)),
        Tile("Requests", count(overview.requests), counted(overview.downloads, "download")),
    )


def activity(lines: Sequence[Json], now: datetime) -> tuple[ActivityLine, ...]:
    """The last actions, in the order given."""
    return tuple(
        ActivityLine(
            who=line.get("username") or line.get("ip_address") or "somebody",
            verb=_VERBS.get(line["action"]) or line["action"].replace("_", " "),
            model=line.get("model"),
            when=moment(line.get("timestamp"), now),
        )
        for line in lines
    )


def library(query: ListQuery, total: int, models: Sequence[Json], now: datetime) -> Library:
    """One page of models with the links around it."""
    last = query.offset + len(models)
    return Library(
        total=total,
        q=query.q,
        summary=_summary(query, total, len(models)),
        rows=tuple(model_row(model, now) for model in models),
        previous=query.at(query.offset - query.limit) if query.offset else None,
        next=query.at(last) if models and last < total else None,
    )


def model_row(model: Json, now: datetime) -> ModelRow:
    """A model of SPEC section 11 as a row."""
    stats = model.get("stats") or {}
    badge = badges.model_badge(model["status"])
    return ModelRow(
        model=model["model"],
        badge=badge,
        marks=_marks(model),
        format=model.get("format"),
        detail=_detail(model),
        note=badge.meaning if model["status"] == "quarantined" else None,
        size=format_size(model.get("size_bytes") or 0),
        downloads=count(stats.get("download_count") or 0),
        pulled_by=_puller(model, stats),
        pulled_at=moment(stats.get("first_downloaded_at"), now),
        used_at=moment(model.get("last_used_at") or stats.get("last_used_at"), now),
    )


def _puller(model: Json, stats: Json) -> str | None:
    who: str | None = stats.get("first_downloaded_by") or model.get("downloaded_by")
    return who or stats.get("first_downloaded_from")


def _detail(model: Json) -> str | None:
    kind = model.get("kind")
    parts = [kind if kind != "model" else None, model.get("quantization"), (model.get("revision") or "")[:7]]
    return " · ".join(part for part in parts if part) or None


def _marks(model: Json) -> tuple[Badge, ...]:
    marks = []
    if model.get("active") is False:
        marks.append(badges.INACTIVE)
    if model.get("private"):
        marks.append(badges.PRIVATE)
    if model.get("pinned"):
        marks.append(badges.PINNED)
    return tuple(marks)


def _summary(query: ListQuery, total: int, shown: int) -> str:
    whole = counted(total, "model") if query.q is None else f"{counted(total, 'model')} found"
    if shown == total:
        return whole
    return f"{query.offset + 1}–{query.offset + shown} of {whole}" if shown else whole
