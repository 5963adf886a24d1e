"""Requests that wait for an administrator, and those that did: all SQL of approvals."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from steelyard.downloads.models import DownloadRequest, Wanted
from steelyard.downloads.payload import dedupe_key, from_payload, name_of, to_payload
from steelyard.downloads.tables import approvals
from steelyard.jobs.models import Priority


class ApprovalState(StrEnum):
    """What became of a request that had to wait."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    ApprovalState.WAITING: "an administrator is to decide",
    ApprovalState.APPROVED: "an administrator agreed; the request went on",
    ApprovalState.DENIED: "an administrator said no",
    ApprovalState.WITHDRAWN: "its asker called it off first",
    ApprovalState.OVERTAKEN: "somebody else's download brought what it asks for first",
}


@dataclass(frozen=True, slots=True)
class Approval:
    """Why a request has to wait, what it wants, and what was decided. ``size`` in bytes, None while not known."""

    task_id: str
    state: ApprovalState
    wanted: Wanted
    model: str
    priority: Priority
    principal: int
    reasons: tuple[str, ...]
    size: int | None
    asked_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str | None


def said(reasons: Sequence[str]) -> str:
    """The reasons in one sentence, as the record of the request keeps them."""
    return f"Waits for an administrator: {'; '.join(reasons)}."


def add(
    connection: Connection, request: DownloadRequest, wanted: Wanted, reasons: Sequence[str],
    size: int | None, priority: Priority,
) -> None:  # fmt: skip
    """A request has to wait, for the first time or once more."""
    connection.execute(approvals.delete().where(approvals.c.task_id == request.task_id))
    connection.execute(
        approvals.insert().values(
            task_id=request.task_id, state=ApprovalState.WAITING.value, wanted=to_payload(wanted),
            dedupe_key=dedupe_key(wanted), model=str(name_of(wanted)), priority=int(priority),
            principal=request.principal, reasons=list(reasons), size=size, asked_at=request.timestamp,
        )
    )  # fmt: skip


def find(connection: Connection, task_id: str) -> Approval | None:
    """The approval of one request."""
    row = connection.execute(select(approvals).where(approvals.c.task_id == task_id)).one_or_none()
    return _approval(row) if row else None


def find_same(connection: Connection, who: Collection[int], wanted: Wanted) -> Approval | None:
    """What somebody waits for already, the earliest first."""
    same = (approvals.c.dedupe_key == dedupe_key(wanted), approvals.c.principal.in_(who), _is(ApprovalState.WAITING))
    row = connection.execute(select(approvals).where(*same).order_by(approvals.c.asked_at).limit(1)).one_or_none()
    return _approval(row) if row else None


def for_model(connection: Connection, model: str) -> list[Approval]:
    """Everybody who waits for something of this model, the earliest first."""
    same = (_is(ApprovalState.WAITING), approvals.c.model == model)
    rows = connection.execute(select(approvals).where(*same).order_by(approvals.c.asked_at, approvals.c.task_id))
    return [_approval(row) for row in rows]


def list_page(connection: Connection, state: ApprovalState, limit: int, offset: int) -> tuple[int, list[Approval]]:
    """The true total and one page, the oldest first."""
    total = connection.execute(select(func.count()).select_from(approvals).where(_is(state))).scalar_one()
    ordered = select(approvals).where(_is(state)).order_by(approvals.c.asked_at, approvals.c.task_id)
    return total, [_approval(row) for row in connection.execute(ordered.limit(limit).offset(offset))]


def settle(
    connection: Connection, task_id: str, state: ApprovalState, by: str | None, reason: str | None, now: datetime
) -> bool:
    """It waits no longer; False when it did not wait."""
    values = {"state": state.value, "decided_at": now, "decided_by": by, "decision_reason": reason}
    mine = (approvals.c.task_id == task_id, _is(ApprovalState.WAITING))
    return connection.execute(update(approvals).where(*mine).values(**values)).rowcount == 1


def forget(connection: Connection, name: str, pseudonym: str) -> None:
    """Somebody is forgotten: what they decided says the pseudonym."""
    connection.execute(update(approvals).where(approvals.c.decided_by == name).values(decided_by=pseudonym))


def _is(state: ApprovalState) -> ColumnElement[bool]:
    return approvals.c.state == state.value


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        row.task_id, ApprovalState(row.state), from_payload(row.wanted), row.model, Priority(row.priority),
        row.principal, tuple(row.reasons), row.size, row.asked_at, row.decided_at, row.decided_by,
        row.decision_reason,
    )  # fmt: skip
