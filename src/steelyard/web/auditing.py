"""What the address of the audit log's page may ask for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.web.days import DayQuery, read_day
from steelyard.web.query import InvalidPage, read_offset, read_text

PAGE_SIZE = 50
_ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)*\.?")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery(DayQuery):
    """One page of the audit log; None means any.

    ``action`` is one action, or with a dot at its end all that begin so.
    """

    user: str | None = None
    action: str | None = None
    subject: str | None = None
    limit: int = PAGE_SIZE

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
