"""What lists of requests, of events and of changes can be narrowed to; times are aware datetimes or ISO 8601 texts."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from steelyard.client.call import Value
from steelyard.client.moments import moment
from steelyard.client.paths import segment

HISTORY = "/api/v1/downloads/history"


class RequestFilters(TypedDict, total=False):
    """Which requests; what is left out or None means any. ``since`` is included, ``until`` is not."""

    user: str | None
    ip: str | None
    status: str | None
    model: str | None
    kind: str | None
    source: str | None
    q: str | None
    job: str | None
    since: datetime | str | None
    until: datetime | str | None


class EventFilters(TypedDict, total=False):
    """Which events; what is left out or None means any. ``since`` is included, ``until`` is not."""

    user: str | None
    ip: str | None
    model: str | None
    type: str | None
    success: bool | None
    since: datetime | str | None
    until: datetime | str | None


class AuditFilters(TypedDict, total=False):
    """Which changes; what is left out or None means any. ``since`` is included, ``until`` is not.

    ``action`` is one action, or with a dot at its end all that begin so: ``model.``.
    """

    user: str | None
    action: str | None
    subject: str | None
    since: datetime | str | None
    until: datetime | str | None


def request_query(filters: RequestFilters) -> tuple[str, dict[str, Value]]:
    """The path of the list, of everybody, one person or one address, and the rest of the query.

    Raises TypeError for a filter that there is not.
    """
    _require_known(filters, RequestFilters)
    user, ip = filters.get("user"), filters.get("ip")
    params: dict[str, Value] = {
        "status": filters.get("status"), "model": filters.get("model"), "kind": filters.get("kind"),
        "source": filters.get("source"), "q": filters.get("q"), "job_id": filters.get("job"),
        "since": moment(filters.get("since")), "until": moment(filters.get("until")),
    }  # fmt: skip
    if user is not None:
        return f"{HISTORY}/user/{segment(user, 'user name')}", {**params, "ip": ip}
    return HISTORY if ip is None else f"{HISTORY}/ip/{segment(ip, 'address')}", params


def event_query(filters: EventFilters) -> dict[str, Value]:
    """The query of the list of events. Raises TypeError for a filter that there is not."""
    _require_known(filters, EventFilters)
    return {
        "user": filters.get("user"), "ip": filters.get("ip"), "model": filters.get("model"),
        "type": filters.get("type"), "success": filters.get("success"), "since": moment(filters.get("since")),
        "until": moment(filters.get("until")),
    }  # fmt: skip


def audit_query(filters: AuditFilters) -> dict[str, Value]:
    """The query of the audit log. Raises TypeError for a filter that there is not."""
    _require_known(filters, AuditFilters)
    return {
        "user": filters.get("user"), "action": filters.get("action"), "subject": filters.get("subject"),
        "since": moment(filters.get("since")), "until": moment(filters.get("until")),
    }  # fmt: skip


def _require_known(filters: Mapping[str, object], known: type) -> None:
    """A misspelt filter would show everybody's."""
    if unknown := sorted(filters.keys() - known.__annotations__.keys()):
        raise TypeError(f"no such filter: {', '.join(unknown)}; there are {', '.join(known.__annotations__)}")
