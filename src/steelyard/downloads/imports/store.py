"""All SQL of imports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from steelyard.core.digest import Digest
from steelyard.db.upsert import insert_new, insert_or_update
from steelyard.downloads.imports.report import ModelReport, Way, from_json, to_json
from steelyard.downloads.imports.tables import files, imports
from steelyard.jobs.tables import jobs
from steelyard.storage.fingerprint import Fingerprint

_WAITING, _RUNNING, _ENDED = "waiting", "running", "ended"


@dataclass(frozen=True, slots=True)
class Told:
    """A model of a job: ``waiting``, ``running`` or ``ended``, and the entry that it became."""

    state: str
    report: ModelReport
    entry: int | None

    @property
    def has_ended(self) -> bool:
        """Whether the report is final."""
        return self.state == _ENDED


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read: as it was then, what its bytes are, and how they came in, once they have."""

    seen: Fingerprint
    digest: Digest
    way: Way | None = None


def foretell(connection: Connection, job_id: str, found: Sequence[ModelReport]) -> None:
    """What the models of a job will come to; those that ended already keep their report."""
    rows = [
        {"job_id": job_id, "folder": report.folder, "position": position, "state": _WAITING, "report": to_json(report)}
        for position, report in enumerate(found)
    ]
    connection.execute(delete(imports).where(imports.c.job_id == job_id, imports.c.state != _ENDED))
    insert_new(connection, imports, rows, ["job_id", "folder"])


def begin(connection: Connection, job_id: str, folder: str, entry: int) -> None:
    """Bytes of a model begin to come in for an entry."""
    _change(connection, job_id, folder, {"state": _RUNNING, "entry": entry})


def end(connection: Connection, job_id: str, report: ModelReport) -> None:
    """What became of a model."""
    _change(connection, job_id, report.folder, {"state": _ENDED, "report": to_json(report)})


def reports(connection: Connection, job_id: str) -> list[Told]:
    """What became of the models of a job, and of those to come what is foretold; in the order they were found."""
    rows = connection.execute(select(imports).where(imports.c.job_id == job_id).order_by(imports.c.position))
    return [Told(row.state, from_json(row.report), row.entry) for row in rows]


def read_so_far(connection: Connection, job_id: str) -> dict[str, Read]:
    """The files that earlier attempts read, by their place."""
    rows = connection.execute(select(files).where(files.c.job_id == job_id))
    return {
        row.place: Read(
            Fingerprint(row.size, int(row.inode), row.mtime_ns), Digest.parse(row.digest),
            Way(row.way) if row.way else None,
        )
        for row in rows
    }  # fmt: skip


def remember(connection: Connection, job_id: str, found: Mapping[str, Read]) -> None:
    """These files were read."""
    for place, read in found.items():
        seen = {
            "size": read.seen.size, "inode": str(read.seen.inode), "mtime_ns": read.seen.mtime_ns,
            "digest": str(read.digest), "way": read.way.value if read.way else None,
        }  # fmt: skip
        insert_or_update(connection, files, {"job_id": job_id, "place": place, **seen}, ["job_id", "place"], seen)


def forget_files(connection: Connection, job_ids: Iterable[str]) -> None:
    """The files of these jobs need not be remembered any more."""
    connection.execute(delete(files).where(files.c.job_id.in_(list(job_ids))))


def forget_deleted(connection: Connection) -> None:
    """Let go of what belongs to jobs that somebody deleted."""
    there = select(jobs.c.id)
    for table in (files, imports):
        connection.execute(delete(table).where(table.c.job_id.not_in(there)))


def _change(connection: Connection, job_id: str, folder: str, values: dict[str, Any]) -> None:
    matches = (imports.c.job_id == job_id, imports.c.folder == folder)
    connection.execute(update(imports).where(*matches).values(**values))
