"""What is wrong with a model's files, and how its last verification went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.web.shelf import Json
from steelyard.web.words import Moment, count, counted, moment


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in the model's folder, and what to do about it."""

    problem: str
    path: str
    detail: str
    hint: str | None
    when: Moment | None


@dataclass(frozen=True, slots=True)
class Check:
    """What the last verification came to."""

    when: Moment
    outcome: str


def findings_of(findings: Sequence[Json], now: datetime) -> tuple[Finding, ...]:
    """Open faults, in the order given."""
    return tuple(
        Finding(
            problem=one["problem"].replace("_", " "),
            path=one["path"],
            detail=one["detail"],
            hint=one.get("hint"),
            when=moment(one.get("found_at"), now),
        )
        for one in findings
    )


def check_of(check: Json | None, now: datetime) -> Check | None:
    """The last verification; None before the first."""
    when = moment(check["finished_at"], now) if check else None
    if check is None or when is None:
        return None
    wrong = (f"{count(check[name])} {name}" for name in ("damaged", "missing") if check[name])
    return Check(when, ", ".join((f"{counted(check['right'], 'file')} as they should be", *wrong)))
