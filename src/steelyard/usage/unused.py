"""Words that nothing seemed to use when somebody looked, and since when: the first of two steps to their end.

Processes remember words, and so may use one that no row has. Whoever learns a word anew takes its mark away, and nobody
remembers one for long (``words.Dictionary``). A mark that has stood for two days is of a word that no process knows.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Connection, delete, select

from steelyard.db.among import MANY, among
from steelyard.db.upsert import insert_new
from steelyard.usage.tables import state, words

_PREFIX = "unused "


def mark(connection: Connection, numbers: Iterable[int], now_ms: int) -> None:
    """Nothing uses these words now; an older mark stays."""
    rows = [{"name": _name(number), "value": now_ms} for number in sorted(numbers)]
    insert_new(connection, state, rows, ["name"])


def unmark(connection: Connection, numbers: Collection[int]) -> None:
    """Somebody uses these words. Waits for who is about to remove one of them."""
    for some in _portions(sorted(numbers)):
        connection.execute(delete(state).where(among(connection, state.c.name, [_name(number) for number in some])))


def marked(connection: Connection, before_ms: int | None = None) -> set[int]:
    """The words that are marked, all or those since before some time."""
    these: list[ColumnElement[bool]] = [state.c.name.between(f"{_PREFIX}0", f"{_PREFIX}9999999999")]
    if before_ms is not None:
        these.append(state.c.value <= before_ms)
    return {
        int(name.removeprefix(_PREFIX)) for name in connection.execute(select(state.c.name).where(*these)).scalars()
    }


def remove(connection: Connection, numbers: Collection[int], before_ms: int) -> int:
    """Delete those of these words that are marked since before some time; returns how many that were."""
    names = [_name(number) for number in sorted(numbers)]
    these = delete(state).where(among(connection, state.c.name, names), state.c.value <= before_ms)
    gone = connection.execute(these.returning(state.c.name)).scalars().all()
    ids = [int(name.removeprefix(_PREFIX)) for name in gone]
    if ids:
        connection.execute(delete(words).where(among(connection, words.c.id, ids)))
    return len(ids)


def _name(number: int) -> str:
    return f"{_PREFIX}{number:010d}"


def _portions(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + MANY] for start in range(0, len(numbers), MANY))
