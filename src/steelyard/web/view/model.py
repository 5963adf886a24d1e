"""One model as its page shows it."""

import shlex
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web import badges
from steelyard.web.badges import Badge
from steelyard.web.forms import EditForm
from steelyard.web.shelf import Json, ModelState, Weight
from steelyard.web.view.care import Check, Finding, check_of, findings_of
from steelyard.web.view.chat import may_answer
from steelyard.web.view.facts import Fact, facts_of, stats_of
from steelyard.web.view.library import marks, title_of
from steelyard.web.words import Moment, due, moment


@dataclass(frozen=True, slots=True)
class Variant:
    """One usable choice of files; ``reference`` is how to ask for it."""

    name: str
    size: str
    default: bool
    reference: str


@dataclass(frozen=True, slots=True)
class Trash:
    """Since when it is in the trash, by whom, and when it goes for good."""

    at: Moment
    by: str | None
    until: Moment | None


@dataclass(frozen=True, slots=True)
class ModelView:
    """Everything about a model but its files and people."""

    model: str
    title: str | None
    owner: str | None
    kind: str
    badge: Badge
    marks: tuple[Badge, ...]
    description: str | None
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    facts: tuple[Fact, ...]
    stats: tuple[Fact, ...]
    variants: tuple[Variant, ...]
    revisions: tuple[str, ...]
    problems: tuple[str, ...]
    allow: str | None
    findings: tuple[Finding, ...]
    pinned: bool
    trash: Trash | None
    check: Check | None
    answers: bool


def model(state: ModelState, now: datetime) -> ModelView:
    """The page's view of one model."""
    found = state.model
    return ModelView(
        model=found["model"],
        title=title_of(found),
        owner=found.get("owner"),
        kind=found.get("kind") or "model",
        badge=badges.model_badge(found["status"]),
        marks=marks(found),
        description=found.get("description") or None,
        tags=tuple(found.get("tags") or ()),
        aliases=tuple(found.get("aliases") or ()),
        facts=facts_of(found, now),
        stats=stats_of(found.get("stats") or {}, now),
        variants=_variants(found),
        revisions=tuple(found.get("revisions") or ()),
        problems=tuple(found.get("problems") or ()),
        allow=_allow(found),
        findings=findings_of(state.findings, now),
        pinned=bool(found.get("pinned")),
        trash=_trash(found, now),
        check=check_of(state.check, now),
        answers=may_answer(found),
    )


def frees(weight: Weight | None) -> str | None:
    """What a deletion gives back, in words; None when nobody knows."""
    if weight is None:
        return None
    rest = f"; {format_size(weight.shared)} more is shared with others and stays" if weight.shared else ""
    return f"{format_size(weight.frees)}{rest}"


def form_of(found: Json) -> EditForm:
    """The form of a model as it stands now."""
    return EditForm(
        name=found.get("name") or "",
        description=found.get("description") or "",
        tags=", ".join(found.get("tags") or ()),
        aliases=", ".join(found.get("aliases") or ()),
        pinned=bool(found.get("pinned")),
        private=bool(found.get("private")),
        active=found.get("active") is not False,
    )


def _variants(found: Json) -> tuple[Variant, ...]:
    return tuple(
        Variant(
            name=one["name"],
            size=format_size(one.get("size_bytes") or 0),
            default=bool(one.get("default")),
            reference=f"{found['model']}:{one['name']}",
        )
        for one in found.get("variants") or ()
    )


def _allow(found: Json) -> str | None:
    """The command by which an administrator lets out what waits in quarantine; None where nothing does."""
    if found.get("deleted_at") or all(file["state"] != "quarantined" for file in found.get("files") or ()):
        return None
    return f"steelyard allow {shlex.quote(found['model'])} --reason '…'"


def _trash(found: Json, now: datetime) -> Trash | None:
    at = moment(found.get("deleted_at"), now)
    return Trash(at, found.get("deleted_by"), due(found.get("purge_after"), now)) if at else None
