"""SQL that takes what tells of a person out of the access log."""

from sqlalchemy import Connection, or_, select, update

from steelyard.usage.tables import events

_SLICE = 500


def forget_some(connection: Connection, principals: frozenset[int]) -> int:
    """Empty address, program and session of some events of these principals; returns of how many, 0 when all are."""
    telling = or_(events.c.address.is_not(None), events.c.agent.is_not(None), events.c.session.is_not(None))
    some = select(events.c.id).where(events.c.principal.in_(principals), telling).limit(_SLICE)
    emptied = {"address": None, "agent": None, "session": None}
    return connection.execute(update(events).where(events.c.id.in_(some)).values(**emptied)).rowcount
