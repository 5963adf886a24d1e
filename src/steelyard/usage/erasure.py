"""SQL that takes what tells of a person out of the access log."""

from sqlalchemy import Connection, or_, select, update

from steelyard.usage.tables import events

_SLICE = 500
_WORDS = "prompt"  # the parameter that keeps what a model was asked


def forget_some(connection: Connection, principals: frozenset[int]) -> int:
    """Empty address, program, session and words of some events of these principals; returns of how many, 0 when all
    are."""
    words = events.c.parameters[_WORDS].as_string().is_not(None)
    telling = or_(events.c.address.is_not(None), events.c.agent.is_not(None), events.c.session.is_not(None), words)
    some = select(events.c.id, events.c.parameters).where(events.c.principal.in_(principals), telling).limit(_SLICE)
    found = connection.execute(some).all()
    for key, parameters in found:
        if parameters is not None and _WORDS in parameters:
            rest = {name: value for name, value in parameters.items() if name != _WORDS} or None
            connection.execute(update(events).where(events.c.id == key).values(parameters=rest))
    emptied = {"address": None, "agent": None, "session": None}
    keys = [key for key, _ in found]
    connection.execute(update(events).where(events.c.id.in_(keys)).values(**emptied))
    return len(found)
