"""The sheets reserved for one process, until it has written or its time is over: who computes long gets on as well.

Nothing depends on it but who comes first: whoever writes sheets still takes the turn. So a clock that is wrong, or a
process that was killed, makes others wait for a moment and harms no count.
"""

import secrets

from sqlalchemy import Connection, select, update

from steelyard.db.upsert import insert_new
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.tables import state

_NAME = "reserved"
_HOLDER_BITS = 20  # beside 43 of milliseconds, in one number that is compared and set
_LONGEST_MS = 120_000  # four million events are counted meanwhile


class Reserved(TurnTaken):
    """Somebody else has reserved the sheets."""


def new_holder() -> int:
    """A number for one who may reserve; two that are alike, one time in a million, collide as if there were none."""
    return secrets.randbelow((1 << _HOLDER_BITS) - 1) + 1


def require_free(connection: Connection, holder: int, now_ms: int) -> None:
    """Raises Reserved when another holder has the sheets at this time."""
    if _is_taken(_value(connection), holder, now_ms):
        raise Reserved


def take(connection: Connection, holder: int, now_ms: int) -> bool:
    """Reserve the sheets for two minutes from now; returns whether nobody else has them."""
    insert_new(connection, state, [{"name": _NAME, "value": 0}], ["name"])
    old = _value(connection)
    if _is_taken(old, holder, now_ms):
        return False
    return _set(connection, old, (now_ms + _LONGEST_MS) << _HOLDER_BITS | holder)


def give_up(connection: Connection, holder: int) -> None:
    """Let others in, if this holder has the sheets."""
    old = _value(connection)
    if old & ((1 << _HOLDER_BITS) - 1) == holder:
        _set(connection, old, 0)


def _is_taken(value: int, holder: int, now_ms: int) -> bool:
    until_ms, by = divmod(value, 1 << _HOLDER_BITS)
    return by != holder and 0 < until_ms - now_ms <= 2 * _LONGEST_MS  # more: one of the two clocks is wrong


def _value(connection: Connection) -> int:
    found = connection.execute(select(state.c.value).where(state.c.name == _NAME)).scalar_one_or_none()
    return 0 if found is None else int(found)


def _set(connection: Connection, old: int, new: int) -> bool:
    these = update(state).where(state.c.name == _NAME, state.c.value == old)
    return connection.execute(these.values(value=new)).rowcount == 1
