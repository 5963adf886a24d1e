"""The shelf as a list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web import badges
from steelyard.web.badges import Badge
from steelyard.web.query import LibraryQuery
from steelyard.web.shelf import Facets, Json
from steelyard.web.view.choices import Tab, tabs
from steelyard.web.words import Moment, count, counted, due, moment, parameters


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One row of the library; ``note`` is what the status alone leaves unsaid.

    ``deleted_at`` and ``purged_at`` (when it goes for good) are for the trash.
    """

    model: str
    title: str | None
    owner: str | None
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
    deleted_at: Moment | None
    purged_at: Moment | None


@dataclass(frozen=True, slots=True)
class Library:
    """One page of the shelf; ``previous`` and ``next`` are None where there is no such page."""

    query: LibraryQuery
    total: int
    summary: str
    tabs: tuple[Tab, ...]
    rows: tuple[ModelRow, ...]
    previous: LibraryQuery | None
    next: LibraryQuery | None


def library(
    query: LibraryQuery,
    total: int,
    models: Sequence[Json],
    facets: Facets,
    now: datetime,
    in_memory: Collection[str] = (),
) -> Library:
    """One page of models with the links around it; ``in_memory`` are the names of those that run."""
    last = query.offset + len(models)
    return Library(
        query=query,
        total=total,
        summary=_summary(query, total, len(models)),
        tabs=tabs(query, facets),
        rows=tuple(model_row(model, now, is_running=model["model"] in in_memory) for model in models),
        previous=query.at(query.offset - query.limit) if query.offset else None,
        next=query.at(last) if models and last < total else None,
    )


def model_row(model: Json, now: datetime, *, is_running: bool = False) -> ModelRow:
    """A model of SPEC section 11 as a row."""
    stats = model.get("stats") or {}
    badge = badges.RUNNING if is_running else badges.model_badge(model["status"])
    return ModelRow(
        model=model["model"],
        title=title_of(model),
        owner=model.get("owner"),
        badge=badge,
        marks=marks(model),
        format=model.get("format"),
        detail=_detail(model),
        note=badge.meaning if model["status"] == "quarantined" else None,
        size=format_size(model.get("size_bytes") or 0),
        downloads=count(stats.get("download_count") or 0),
        pulled_by=_puller(model, stats),
        pulled_at=moment(stats.get("first_downloaded_at"), now),
        used_at=moment(model.get("last_used_at") or stats.get("last_used_at"), now),
        deleted_at=moment(model.get("deleted_at"), now),
        purged_at=due(model.get("purge_after"), now),
    )


def title_of(model: Json) -> str | None:
    """The name that its owner gave it, where that is another than the repository's."""
    name = model.get("name")
    return name if name and name != model["model"] and not model["model"].endswith(f"/{name}") else None


def marks(model: Json) -> tuple[Badge, ...]:
    """What its owner has set."""
    found = []
    if model.get("active") is False:
        found.append(badges.INACTIVE)
    if model.get("private"):
        found.append(badges.PRIVATE)
    if model.get("pinned"):
        found.append(badges.PINNED)
    return tuple(found)


def _puller(model: Json, stats: Json) -> str | None:
    who: str | None = stats.get("first_downloaded_by") or model.get("downloaded_by")
    return who or stats.get("first_downloaded_from")


def _detail(model: Json) -> str | None:
    kind = model.get("kind")
    size = parameters(model.get("parameters"))
    parts = [kind if kind != "model" else None, size, model.get("quantization"), (model.get("revision") or "")[:7]]
    return " · ".join(part for part in parts if part) or None


def _summary(query: LibraryQuery, total: int, shown: int) -> str:
    whole = f"{counted(total, 'model')} found" if query.is_narrowed else counted(total, "model")
    if shown == total:
        return whole
    return f"{query.offset + 1}–{query.offset + shown} of {whole}" if shown else whole
