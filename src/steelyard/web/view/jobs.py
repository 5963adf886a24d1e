"""What is coming in: jobs of SPEC section 11."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.web.badges import TRYING, Badge, job_badge, running_badge
from steelyard.web.shelf import Action, Json
from steelyard.web.words import Moment, moment, names, of_total, speed, time_left

_ACTIONS = {
    "queued": (Action.PAUSE, Action.CANCEL),
    "running": (Action.PAUSE, Action.CANCEL),
    "paused": (Action.RESUME, Action.CANCEL),
    "failed": (Action.RETRY,),
    "cancelled": (Action.RETRY,),
}
_TITLES = {"scan": "The whole store", "import": "A folder"}
_LIVE = ("running", "queued", "paused")


@dataclass(frozen=True, slots=True)
class JobView:
    """One piece of work, most often a download; ``title`` is its model's name where it is about one.

    ``percent`` is 0 to 100, None while the total is unknown; ``facts`` are read as one line.

    A running job with an error is one whose hub does not answer: it tries on, and so claims no speed and no file.
    """

    id: str
    title: str
    model: str | None
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
    return ComingIn(tuple(sorted(views, key=lambda view: not view.live)), _summary(views))


def job_view(job: Json, now: datetime) -> JobView:
    """A job of SPEC section 11 as a line."""
    status, moving = job["status"], _moving(job)
    return JobView(
        id=job["id"],
        title=title_of(job),
        model=job.get("model"),
        live=status in _LIVE,
        moving=moving,
        badge=_badge(job, moving=moving),
        percent=_percent(job),
        facts=_facts(job),
        asked_for=names(job.get("waiting") or []),
        file=job.get("current_file") if moving else None,
        error=job.get("error"),
        hint=job.get("hint"),
        when=moment(job.get("finished_at") or job.get("created_at"), now),
        actions=_ACTIONS.get(status, ()),
    )


def title_of(job: Json) -> str:
    """What a job is about, in words."""
    return job.get("model") or _TITLES.get(job["kind"]) or str(job["kind"])


def _badge(job: Json, *, moving: bool) -> Badge:
    if job["status"] != "running":
        return job_badge(job["status"])
    return running_badge(job["kind"]) if moving else TRYING


def _moving(job: Json) -> bool:
    return job["status"] == "running" and not job.get("error")


def _percent(job: Json) -> float | None:
    if not job.get("total_bytes"):
        return None
    return round(100 * min(1.0, max(0.0, job.get("progress") or 0.0)), 1)


def _facts(job: Json) -> tuple[str, ...]:
    attempt = job.get("attempt") or 1
    pace = speed(job.get("bytes_per_second")) if _moving(job) else None
    facts = (
        _bytes(job),
        pace,
        time_left(job.get("eta_seconds")) if pace else None,
        f"attempt {attempt}" if attempt > 1 else None,
    )
    return tuple(fact for fact in facts if fact)


def _bytes(job: Json) -> str | None:
    done, total = job.get("downloaded_bytes") or 0, job.get("total_bytes")
    if not total and not done:
        return "counting its files" if _moving(job) else None
    return of_total(done, total)


def _summary(views: Sequence[JobView]) -> str | None:
    by_word = Counter(view.badge.word for view in views)
    last = [badge.word for badge in (TRYING, *map(job_badge, ("queued", "paused", "failed")))]
    order = [*sorted(by_word.keys() - set(last)), *last]
    return " · ".join(f"{by_word[word]} {word}" for word in order if by_word[word]) or None
