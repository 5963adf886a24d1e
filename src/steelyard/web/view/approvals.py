"""Requests that wait for an administrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web.shelf import Json
from steelyard.web.words import Moment, moment


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """One request. ``what`` says which part of the model is wanted; ``size`` is None where nobody knows it yet."""

    task_id: str
    model: str
    what: str | None
    who: str
    how: str
    address: str
    size: str | None
    reasons: tuple[str, ...]
    asked: Moment | None


def approvals(found: Sequence[Json], now: datetime) -> tuple[ApprovalRow, ...]:
    """Cases of ``/api/v1/approvals`` as rows."""
    return tuple(_row(case, now) for case in found)


def _row(case: Json, now: datetime) -> ApprovalRow:
    return ApprovalRow(
        task_id=case["task_id"],
        model=case["model"],
        what=_what(case),
        who=case["username"],
        how=case["identified_by"],
        address=case["vpn_ip"],
        size=None if case["size_bytes"] is None else format_size(case["size_bytes"]),
        reasons=tuple(case["reasons"]),
        asked=moment(case["asked_at"], now),
    )


def _what(case: Json) -> str | None:
    include, exclude = ", ".join(case["include"]), ", ".join(case["exclude"])
    parts = [case["variant"], (case["revision"] or "")[:12], include and f"only {include}"]
    parts.append(exclude and f"without {exclude}")
    return " · ".join(part for part in parts if part) or None
