"""Public keys that one signs requests with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.web.shelf import Json
from steelyard.web.words import Moment, moment


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key. ``used`` is None for one that nobody has used yet."""

    id: str
    label: str
    fingerprint: str
    used: Moment | None
    added: Moment | None


def keys(found: Sequence[Json], now: datetime) -> tuple[KeyRow, ...]:
    """Keys of the API as rows."""
    return tuple(
        KeyRow(
            id=key["id"],
            label=key["label"],
            fingerprint=key["fingerprint"],
            used=moment(key["last_used_at"], now),
            added=moment(key["created_at"], now),
        )
        for key in found
    )
