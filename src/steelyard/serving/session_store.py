"""All SQL of conversations."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy import delete as delete_from

from steelyard.core.ids import new_key
from steelyard.db.upsert import insert_new
from steelyard.serving.session_models import Session
from steelyard.serving.tables import messages as message_table
from steelyard.serving.tables import sessions as session_table

_COLUMNS = tuple(session_table.c[name] for name in ("name", "created_at", "updated_at", "messages", "characters", "id"))


def messages(connection: Connection, owner: str, name: str) -> list[Mapping[str, Any]]:
    """What was said, the oldest first; nothing where there is no such conversation."""
    statement = (
        select(message_table.c.message)
        .join(session_table, session_table.c.id == message_table.c.session)
        .where(session_table.c.owner == owner, session_table.c.name == name)
        .order_by(message_table.c.number)
    )
    return list(connection.execute(statement).scalars())


def get(connection: Connection, owner: str, name: str) -> tuple[Session, list[Mapping[str, Any]]] | None:
    """One with its messages."""
    matches = (session_table.c.owner == owner, session_table.c.name == name)
    row = connection.execute(select(*_COLUMNS).where(*matches)).one_or_none()
    return None if row is None else (_session(row), messages(connection, owner, name))


def of_owners(connection: Connection, owners: Sequence[str]) -> list[tuple[Session, list[Mapping[str, Any]]]]:
    """All conversations of these owners with their messages, the oldest first."""
    own = select(session_table.c.owner, *_COLUMNS).where(session_table.c.owner.in_(owners))
    rows = connection.execute(own.order_by(session_table.c.id)).all()
    return [(_session(row), messages(connection, row.owner, row.name)) for row in rows]


def list_page(connection: Connection, owner: str, limit: int, offset: int) -> tuple[int, list[Session]]:
    """The true total and one page, the one used last first."""
    own = session_table.c.owner == owner
    total = connection.execute(select(func.count()).select_from(session_table).where(own)).scalar_one()
    newest = (session_table.c.updated_at.desc(), session_table.c.id.desc())
    rows = connection.execute(select(*_COLUMNS).where(own).order_by(*newest).limit(limit).offset(offset))
    return total, [_session(row) for row in rows]


def add(
    connection: Connection,
    owner: str,
    name: str,
    said: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    sessions: int,
    characters: int,
) -> None:
    """Put messages at the end of a conversation, which begins with them if need be, and keep the bounds.

    ``sessions`` are kept of one owner, and ``characters`` of one conversation: its first instruction (``system``) stays
    and counts, and the oldest of the other messages go. Nothing is kept that does not fit beside the instruction.
    """
    row = {
        "id": new_key(), "owner": owner, "name": name, "created_at": now, "updated_at": now, "messages": 0,
        "characters": 0,
    }  # fmt: skip
    insert_new(connection, session_table, [row], ["owner", "name"])
    matches = (session_table.c.owner == owner, session_table.c.name == name)
    key = connection.execute(select(session_table.c.id).where(*matches)).scalar_one()
    last = select(func.coalesce(func.max(message_table.c.number), 0)).where(message_table.c.session == key)
    first = connection.execute(last).scalar_one() + 1
    rows = [
        {"session": key, "number": number, "characters": len(text), "message": json.loads(text)}
        for number, text in enumerate(map(written, said), first)
    ]
    connection.execute(insert(message_table), rows)
    _trim(connection, key, characters)
    _count(connection, key, now)
    _drop_oldest(connection, owner, sessions)


def delete(connection: Connection, owner: str, name: str) -> bool:
    """Forget one; whether it was there."""
    matches = (session_table.c.owner == owner, session_table.c.name == name)
    keys = list(connection.execute(select(session_table.c.id).where(*matches)).scalars())
    _remove(connection, keys)
    return bool(keys)


def delete_all(connection: Connection, owner: str) -> int:
    """Forget all of one owner's; how many there were."""
    keys = list(connection.execute(select(session_table.c.id).where(session_table.c.owner == owner)).scalars())
    _remove(connection, keys)
    return len(keys)


def written(message: Mapping[str, Any]) -> str:
    """As JSON, half characters replaced: no database keeps them. Raises ValueError for what is no number."""
    return json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()


def is_instruction(message: Mapping[str, Any]) -> bool:
    """Whether a conversation's first message is one that stays."""
    return message.get("role") in {"system", "developer"}


def _trim(connection: Connection, key: int, most: int) -> None:
    columns = (message_table.c.number, message_table.c.characters, message_table.c.message)
    found = connection.execute(select(*columns).where(message_table.c.session == key).order_by(columns[0])).all()
    total, going = sum(row.characters for row in found), list[int]()
    for place, row in enumerate(found):
        is_orphan = bool(going) and row.message.get("role") == "tool"  # the call that it answers has gone
        if total <= most and not is_orphan:
            break
        if place > 0 or not is_instruction(row.message):
            going.append(row.number)
            total -= row.characters
    if going:
        older = (message_table.c.session == key, message_table.c.number.in_(going))
        connection.execute(delete_from(message_table).where(*older))


def _count(connection: Connection, key: int, now: datetime) -> None:
    counts = select(func.count(), func.coalesce(func.sum(message_table.c.characters), 0))
    number, size = connection.execute(counts.where(message_table.c.session == key)).one()
    values = {"updated_at": now, "messages": number, "characters": int(size)}
    connection.execute(update(session_table).where(session_table.c.id == key).values(**values))


def _drop_oldest(connection: Connection, owner: str, most: int) -> None:
    newest = (session_table.c.updated_at.desc(), session_table.c.id.desc())
    beyond = select(session_table.c.id).where(session_table.c.owner == owner).order_by(*newest).offset(most).limit(1000)
    _remove(connection, list(connection.execute(beyond).scalars()))


def _remove(connection: Connection, keys: Sequence[int]) -> None:
    if keys:
        connection.execute(delete_from(message_table).where(message_table.c.session.in_(keys)))
        connection.execute(delete_from(session_table).where(session_table.c.id.in_(keys)))


def _session(row: Row[Any]) -> Session:
    return Session(row.name, row.created_at, row.updated_at, row.messages, row.characters)
