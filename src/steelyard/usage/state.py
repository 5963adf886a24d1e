"""Small facts about the log, kept in ``usage_state``: since when it has every event."""

from sqlalchemy import Connection, select

from steelyard.db.upsert import insert_or_update
from steelyard.usage.tables import state

_KEPT_FROM = "kept_from"


def kept_from(connection: Connection) -> int:
    """The smallest key that the log is read from; what is older is being deleted."""
    found = connection.execute(select(state.c.value).where(state.c.name == _KEPT_FROM)).scalar_one_or_none()
    return 0 if found is None else int(found)


def keep_from(connection: Connection, key: int) -> None:
    """Read the log from this key on."""
    row = {"name": _KEPT_FROM, "value": key}
    insert_or_update(connection, state, row, ["name"], {"value": key})
