"""What a revision's files come to, counted by the database.

Loading 3,000 rows only to look at their endings took 0.06 s each time, in the one thread that writes.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from steelyard.catalog.models import FileState
from steelyard.catalog.status import WEIGHTS, best_format
from steelyard.catalog.tables import files


@dataclass(frozen=True, slots=True)
class Summary:
    """The best format of all files; whether weights are here and all of them in quarantine."""

    format: str | None = None
    is_quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How many files there are, their bytes path by path, and how many of them are not here."""

    count: int
    size: int
    missing: int


def summarise(connection: Connection, revision: int) -> Summary:
    """The summary of one revision."""
    found = [_any(_has(suffixes)).label(name) for name, suffixes in WEIGHTS.items()]
    weights = or_(*(_has(suffixes) for suffixes in WEIGHTS.values()))
    shown = _any(and_(weights, files.c.state == int(FileState.STORED))).label("shown")
    hidden = _any(and_(weights, files.c.state == int(FileState.QUARANTINED))).label("hidden")
    row = connection.execute(select(*found, shown, hidden).where(files.c.revision == revision)).one()
    best = best_format([name for name in WEIGHTS if getattr(row, name)])
    return Summary(best, is_quarantined=bool(row.hidden and not row.shown))


def tally(connection: Connection, revision: int) -> Tally:
    """The files of one revision, counted."""
    listed = func.sum(case((files.c.state == int(FileState.LISTED), 1), else_=0))
    counts = select(func.count(), func.coalesce(func.sum(files.c.size), 0), func.coalesce(listed, 0))
    count, size, missing = connection.execute(counts.where(files.c.revision == revision)).one()
    return Tally(int(count), int(size), int(missing))


def _has(suffixes: tuple[str, ...]) -> ColumnElement[bool]:
    path = func.lower(files.c.path)
    return or_(*(path.endswith(suffix, autoescape=True) for suffix in suffixes))


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.max(case((condition, 1), else_=0)), 0)
