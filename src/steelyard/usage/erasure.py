"""Taking what tells of a person out of the log and out of the sheets.

An event keeps who it was, under a pseudonym by then, what it did and how it went; its address, program, session and
words go. Sheets are corrected by counting each event out as it was and in as it is now, so a recount from the log still
comes to the same. Of days whose events are deleted already the counts by address and program go; where others came from
the same address in the same quarter of an hour, its counts of models stay.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, or_, select, update

from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.usage import sheet_store
from steelyard.usage.counting import Counted, count
from steelyard.usage.hot import rows_of
from steelyard.usage.keys import DAY_MS, at_ms_of, quarter_of
from steelyard.usage.lines import log_keys
from steelyard.usage.old_traces import old_traces
from steelyard.usage.places import OPEN_END, Numbers
from steelyard.usage.rows import Row, is_of_people
from steelyard.usage.sheet_changes import Changes, changed_sheets
from steelyard.usage.sheet_store import TurnTaken, keyed
from steelyard.usage.sheets import Scope
from steelyard.usage.spelling import Spelling
from steelyard.usage.state import kept_from
from steelyard.usage.tables import events, hot
from steelyard.usage.turns import Turns

_SLICE = 500
_RETRY_SECONDS = 60.0


class ErasureUnfinished(Unavailable):
    """Others wrote counts all the time; what is forgotten so far stays so."""

    slug = "erasure-unfinished"
    title = "Not everything is forgotten yet"


class _Slice(NamedTuple):
    """Some events as they become, those of them that wait to be folded apart, and the sheets with that."""

    counted: Counted
    changes: Changes
    folded: Sequence[Row] = ()
    waiting: Sequence[Row] = ()
    end: int = 0  # go on before this key


class Erasure:
    """Takes people out of the log, some hundred events in a turn of their own."""

    def __init__(self, usage_log: Database, turns: Turns) -> None:
        self._usage_log = usage_log
        self._turns = turns

    async def forget(self, principals: frozenset[int]) -> int:
        """Forget what tells of these; returns how many events told anything. Begun again it goes on.

        Raises DatabaseAway, ErasureUnfinished.
        """
        try:
            return await self._forget(principals)
        except TurnTaken as error:
            raise ErasureUnfinished(
                "Others write counts all the time.", hint="Forget once more: it goes on where it stopped.",
                retry_after=_RETRY_SECONDS,
            ) from error  # fmt: skip

    async def _forget(self, principals: frozenset[int]) -> int:
        changed, end = 0, OPEN_END
        while (done := await self._turns.change(partial(_prepare, principals=principals, end=end), _write)) is not None:
            changed += len(done.folded) + len(done.waiting)
            end = done.end
        for principal, day in await self._usage_log.read(partial(_old_days, principals=principals)):
            await self._turns.change(partial(_prepare_old, principal=principal, day=day), _write)
        return changed


def _prepare(connection: Connection, principals: frozenset[int], end: int) -> _Slice | None:
    """What waits comes first: the fold may move it anywhere into the log, which is gone through from its end."""
    if waiting := _told(rows_of(connection, _waiting(principals))):
        return _Slice(Counted(), {}, waiting=[forgotten(row) for row in waiting], end=end)
    keys = log_keys(connection, Numbers(principals=principals, first=kept_from(connection), end=end), _SLICE)
    if not keys:
        return None
    old = _told(rows_of(connection, select(events).where(keyed(connection, events.c.id, keys))))
    new = [forgotten(row) for row in old]
    spelled, _ = Spelling().read(connection, old)
    counted = count(new, spelled, into=count(old, spelled, sign=-1))
    return _Slice(counted, changed_sheets(connection, counted), new, end=min(keys))


def _waiting(principals: frozenset[int]) -> Select[*tuple[object, ...]]:
    telling = or_(*(hot.c[name].is_not(None) for name in _CHANGED))
    return select(hot).where(hot.c.principal.in_(principals), telling)


def _write(connection: Connection, slice_: _Slice) -> Iterable[int]:
    for table, rows in ((hot, slice_.waiting), (events, slice_.folded)):
        if rows:
            connection.execute(_change(table), [_changed(row) for row in rows])
    sheet_store.write(connection, slice_.changes)
    # What waits is in no sheet, but whoever counted it told of its address and its program.
    return {*slice_.counted.changed_days, *(quarter_of(at_ms_of(row.id))[0] for row in slice_.waiting)}


def _old_days(connection: Connection, principals: frozenset[int]) -> list[tuple[int, int]]:
    """The principals and days of which there are sheets and no events any more."""
    end_day = at_ms_of(kept_from(connection)) // DAY_MS
    return [
        (principal, sheet.day)
        for principal in sorted(principals)
        for sheet in sheet_store.read_days(connection, Scope.PRINCIPAL, principal, 0, end_day, series=False, bags=False)
    ]


def _prepare_old(connection: Connection, principal: int, day: int) -> _Slice | None:
    counted = old_traces(connection, principal, day)
    return _Slice(counted, changed_sheets(connection, counted)) if counted.bags else None


def _told(rows: list[Row]) -> list[Row]:
    """Those that tell anything."""
    return [row for row in rows if forgotten(row) != row]


def forgotten(row: Row) -> Row:
    """The same event without what tells of its person."""
    return row._replace(address=None, agent=None, session=None, parameters=_without_words(row.parameters))


def _without_words(parameters: Any) -> Any:
    if not isinstance(parameters, dict):
        return parameters
    return {name: value for name, value in parameters.items() if not is_of_people(name)} or None


def _change(table: Table) -> Any:
    new = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _CHANGED}
    return update(table).where(table.c.id == bindparam("key")).values(new)


def _changed(row: Row) -> dict[str, Any]:
    return {"key": row.id, **{f"new_{name}": getattr(row, name) for name in _CHANGED}}


_CHANGED = ("address", "agent", "session", "parameters")
