"""View models of what is coming in: jobs of SPEC section 11 as finished strings. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.web.badges import Badge, job_badge
from steelyard.web.shelf import Action, Json
from steelyard.web.words import Moment, moment, names, of_total, speed, time_left

_ACTIONS = {
    "queued": (Action.PAUSE, Action.CANCEL),
    "running": (Action.PAUSE, Action.CANCEL),
    "paused": (Action.RESUME, Action.CANCEL),
    "failed": (Action.RETRY,),
    "cancelled": (Action.RETRY,),
}
_LIVE = ("running", "queued", "paused")


@dataclass(frozen=True, slots=True)
class JobView:
    """One download. ``percent`` is 0 to 100, None while the total is unknown; ``facts`` are read as one line."""

    id: str
    model: str
    live: bool
    moving: bool
    badge: Badge
    percent: float | None
    facts: tuple[str, ...]
    asked_for: str | None
    file: str | None
    error: str | None
    hint: str | None
    when: Moment | None
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class ComingIn:
    """What is on its way and what failed lately; ``summary`` counts it."""

    jobs: tuple[JobView, ...]
    summary: str | None


def coming_in(jobs: Sequence[Json], now: datetime) -> ComingIn:
    """The section of live jobs, then of the last failures, each in the order given."""
    views = [job_view(job, now) for job in jobs]
    return ComingIn(tuple(sorted(views, key=lambda view: not view.live)), _summary(jobs))


def job_view(job: Json, now: datetime) -> JobView:
    """A job of SPEC section 11 as a line."""
    status = job["status"]
    return JobView(
        id=job["id"],
        model=job["model"],
        live=status in _LIVE,
        moving=status == "running",
        badge=job_badge(status),
        percent=_percent(job),
        facts=_facts(job),
        asked_for=names(job.get("waiting") or []),
        file=job.get("current_file") if status == "running" else None,
        error=job.get("error"),
        hint=job.get("hint"),
        when=moment(job.get("finished_at") or job.get("created_at"), now),
        actions=_ACTIONS.get(status, ()),
    )


def _percent(job: Json) -> float | None:
    if not job.get("total_bytes"):
        return None
    return round(100 * min(1.0, max(0.0, job.get("progress") or 0.0)), 1)


def _facts(job: Json) -> tuple[str, ...]:
    running = job["status"] == "running"
    attempt = job.get("attempt") or 1
    facts = (
        _bytes(job),
        speed(job.get("bytes_per_second")) if running else None,
        time_left(job.get("eta_seconds")) if running else None,
        f"attempt {attempt}" if attempt > 1 else None,
    )
    return tuple(fact for fact in facts if fact)


def _bytes(job: Json) -> str | None:
    done, total = job.get("downloaded_bytes") or 0, job.get("total_bytes")
    if not total and not done:
        return "counting its files" if job["status"] == "running" else None
    return of_total(done, total)


def _summary(jobs: Sequence[Json]) -> str | None:
    by_status = Counter(job["status"] for job in jobs)
    parts = [f"{by_status[status]} {job_badge(status).word}" for status in (*_LIVE, "failed") if by_status[status]]
    return " · ".join(parts) or None
