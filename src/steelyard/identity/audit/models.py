"""Deeds: changes that somebody made, as they are written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

BY_THE_DEPOT = "depot"  # how the doer of what the depot did by itself is known


@dataclass(frozen=True, slots=True)
class Deed:
    """One change.

    ``action`` is ``thing.verb``, such as ``model.change``; ``subject`` says to which one it was done, by the name that
    people know (its first 500 characters are kept). ``before`` and ``after`` hold what differs, ready for JSON and
    without secrets: ``changes`` makes them.
    """

    action: str
    subject: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log. ``username`` is the doer's present name, None for what the depot did by itself.

    ``identified_by`` is how the doer was known, ``address`` as the privacy settings let it be kept; ``credential``
    names the token or session that was shown.
    """

    id: int
    at: datetime
    username: str | None
    identified_by: str
    address: str | None
    credential: str | None
    deed: Deed


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines a list shows; None means any. ``since`` is included, ``until`` is not.

    ``action`` is one action, or with a dot at its end all that begin so: ``model.``.
    """

    principals: frozenset[int] | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
