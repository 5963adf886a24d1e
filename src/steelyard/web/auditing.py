"""What the address of the audit log's page may ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from steelyard.core.clock import iso
from steelyard.web.history import read_day
from steelyard.web.query import InvalidPage, query_string, read_offset, read_text

PAGE_SIZE = 50
_DAY = timedelta(days=1)
_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)*\.?")


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """One page of the audit log; None means any.

    ``action`` is one action, or with a dot at its end all that begin so; ``since`` and ``until`` are days in UTC, both
    included.
    """

    user: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    offset: int = 0
    limit: int = PAGE_SIZE

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the place was asked for."""
        return bool(self._named) or self.since is not None or self.until is not None

    @property
    def end(self) -> datetime | None:
        """The first moment after ``until``."""
        return self.until + _DAY if self.until else None

    @property
    def first_day(self) -> str | None:
        """``since`` as a field takes it."""
        return self.since.date().isoformat() if self.since else None

    @property
    def last_day(self) -> str | None:
        """``until`` as a field takes it."""
        return self.until.date().isoformat() if self.until else None

    @property
    def address(self) -> str:
        """The query string of this page of ours."""
        days = {"since": self.first_day, "until": self.last_day, "offset": str(self.offset) if self.offset else None}
        return query_string(self._named | {name: text for name, text in days.items() if text})

    def api_address(self, **more: str) -> str:
        """The query string that asks the API for all of these lines."""
        times = {"since": self.since, "until": self.end}
        return query_string(self._named | {name: iso(time) for name, time in times.items() if time} | more)

    def at(self, offset: int) -> "AuditQuery":
        """The same list at another place."""
        return replace(self, offset=max(0, offset))

    @property
    def _named(self) -> dict[str, str]:
        wanted = {"user": self.user, "action": self.action, "subject": self.subject}
        return {name: value for name, value in wanted.items() if value is not None}


def read_audit_query(parameters: Mapping[str, str]) -> AuditQuery:
    """The page that ``?user=&action=&subject=&since=&until=&offset=`` names. Raises InvalidPage."""
    return AuditQuery(
        user=read_text(parameters, "user"),
        action=_action(parameters),
        subject=read_text(parameters, "subject"),
        since=read_day(parameters, "since"),
        until=read_day(parameters, "until"),
        offset=read_offset(parameters),
    )


def _action(parameters: Mapping[str, str]) -> str | None:
    text = read_text(parameters, "action")
    if text is not None and _ACTION.fullmatch(text) is None:
        raise InvalidPage("An action looks like model.change.", hint="With a dot at its end all that begin so: model.")
    return text
