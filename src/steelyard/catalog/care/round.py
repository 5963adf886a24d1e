"""One comparison of all folders with the tables; what it finds is written down folder by folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from steelyard.catalog.care import findings, records
from steelyard.catalog.care.errors import StoreNotThere
from steelyard.catalog.care.guard import Ground, is_still
from steelyard.catalog.care.judge import Judgement, judge, judge_quarantine
from steelyard.catalog.care.losses import take_down
from steelyard.catalog.care.models import Loss, Problem, Stray
from steelyard.catalog.care.records import Record, Shelf
from steelyard.catalog.care.tools import CareTools
from steelyard.catalog.care.wrong import Suspect
from steelyard.catalog.models import FileState
from steelyard.core.ids import catalog_id
from steelyard.jobs.context import JobContext
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.layout import SHELF
from steelyard.storage.survey import RepositorySurvey, bytes_once, files_below, files_in, is_empty, survey_repository

T = TypeVar("T")
_WRITTEN_AT_ONCE = 100  # losses in one transaction, so that nobody waits long for the writer
_AT_ONCE = 200  # folders in one look: short enough that the tables and the disk are of the same moment
_SETTLING = timedelta(minutes=10)  # in which a folder that was deleted may still be on its way to the trash
# What the Hugging Face library keeps beside the repositories.
_LIBRARY = frozenset(
    {".locks", ".no_exist", "CACHEDIR.TAG", "blobs", "version.txt", "version_diffusers_cache.txt", "xet"}
)
_REPOSITORIES = ("models--", "datasets--", "spaces--")


@dataclass(frozen=True, slots=True)
class Looked:
    """A folder as it was found; ``readable`` is False when nobody knows what is in it."""

    folder: str
    survey: RepositorySurvey | None
    readable: bool = True


class ScanRound:
    """The state of one scan. ``right`` counts blobs that look as they did when their hashes were right."""

    def __init__(self, tools: CareTools, context: JobContext, ground: Ground, started: datetime) -> None:
        self.started = started
        self.right = 0
        self.doubts: list[Suspect] = []
        self.strays: list[Stray] = []
        self.hub_bytes = 0
        self.counted: set[int] = set()
        self._tools = tools
        self._layout = tools.storage.layout
        self._context = context
        self._ground = ground
        self._started_ns = int(started.timestamp() * 1_000_000_000)

    async def look(self) -> None:
        """Compare everything. Raises StoreNotThere when the store goes away meanwhile, LeaseLost."""
        shelf = await self._context.read(records.shelf)
        for folders in _some(sorted(shelf.folders), _AT_ONCE):
            await self._compare(folders, shelf)
        unknown = [name for name in sorted(self._ground.names) if name not in shelf.folders]
        await self._report(await self._tools.run(lambda: self._foreign(unknown, shelf)))

    async def _compare(self, folders: Sequence[str], shelf: Shelf) -> None:
        self._context.check()
        looked = await self._tools.run(lambda: [self._survey(folder, count=True) for folder in folders])
        keys = [key for folder in folders for key in shelf.folders[folder]]
        believed = await self._context.read(lambda connection: records.read(connection, keys))
        judged = await self._tools.run(lambda: self._judge_all(looked, believed, shelf))
        for found in judged:
            self.right += found.right
            self.doubts += found.doubts
        await self._lose([loss for found in judged for loss in found.losses])
        await self._report([stray for found in judged for stray in found.strays])

    def _survey(self, folder: str, *, count: bool = False) -> Looked:
        try:
            survey = survey_repository(self._layout.root / folder)
        except OSError:
            return Looked(folder, None, readable=False)
        if count and survey is not None:
            self.hub_bytes += bytes_once(survey.files(), self.counted)
        return Looked(folder, survey)

    def _judge_all(self, looked: Sequence[Looked], believed: Sequence[Record], shelf: Shelf) -> list[Judgement]:
        """In a thread. What comes from the trash or from the other shelf just now is left alone."""
        by_entry = {record.entry: record for record in believed}
        for record in believed:
            record.is_moving |= (self._layout.trash / catalog_id(record.entry)).is_dir() or self._is_on_other(
                record, shelf
            )
        judged = []
        for one in looked:
            known = [by_entry[key] for key in shelf.folders[one.folder] if key in by_entry]
            own = [record for record in known if record.folder.place == one.folder]  # the others moved since
            judged.append(self._judge(one, own) if own else Judgement())
        if any(record.having(FileState.QUARANTINED) for record in believed):
            judged.append(judge_quarantine(believed, files_in(self._layout.quarantined)))
        return judged

    def _is_on_other(self, record: Record, shelf: Shelf) -> bool:
        other, root = record.folder.elsewhere.place, self._layout.root
        return other not in shelf.folders and (root / other).is_dir() and not (root / record.folder.place).is_dir()

    def _judge(self, looked: Looked, own: Sequence[Record]) -> Judgement:
        """What seems lost is judged by a second look."""
        found = self._judge_once(looked, own)
        if not found.losses:
            return found
        again = self._judge_once(self._survey(looked.folder), own)
        return Judgement(again.right, again.losses, again.doubts, found.strays)

    def _judge_once(self, looked: Looked, own: Sequence[Record]) -> Judgement:
        if looked.readable:
            return judge(looked.folder, looked.survey, own, self._started_ns)
        return Judgement(strays=[_unreadable(looked.folder, own[0].entry)])

    async def _lose(self, losses: Sequence[Loss]) -> None:
        if not losses:
            return
        if not await is_still(self._tools, self._ground):
            raise StoreNotThere("The store went away; nothing more was judged.", hint="Mount the disk and scan again.")
        job, now = self._context.job.id, self._tools.clock.now()
        for some in _some(losses, _WRITTEN_AT_ONCE):
            await self._context.write(partial(take_down, losses=some, job=job, now=now))

    async def _report(self, strays: Sequence[Stray]) -> None:
        self.strays += strays
        job, now = self._context.job.id, self._tools.clock.now()
        if strays:
            await self._context.write(lambda connection: findings.report(connection, strays, job, now))

    def _foreign(self, names: Sequence[str], shelf: Shelf) -> list[Stray]:
        """In a thread: what on the shelves belongs to no entry."""
        found = []
        for name in names:
            try:
                size = bytes_once(_files(self._layout.root / name), self.counted)
                is_nothing = self._ground.names[name] and is_empty(self._layout.root / name)
            except OSError:
                found.append(_unreadable(name, None))
                continue
            self.hub_bytes += size
            since = shelf.deleted.get(name)
            is_leaving = since is not None and self.started - since < _SETTLING
            if name.removeprefix(f"{SHELF}/") not in _LIBRARY and not is_nothing and not is_leaving:
                found.append(_stranger(name, size, is_folder=self._ground.names[name]))
        return found


def _stranger(name: str, size: int, *, is_folder: bool) -> Stray:
    if is_folder and name.rpartition("/")[2].startswith(_REPOSITORIES):
        return Stray(Problem.FOREIGN_REPOSITORY, name, "The catalog does not know this repository.", size=size)
    return Stray(Problem.FOREIGN_FILE, name, "It is no repository.", size=size)


def _unreadable(name: str, entry: int | None) -> Stray:
    return Stray(Problem.UNREADABLE, name, "It could not be read; nothing in it was judged.", entry)


def _files(place: Path) -> Iterator[Fingerprint]:
    if place.is_dir():
        yield from files_below(place)
    elif (seen := fingerprint(place)) is not None:
        yield seen


def _some(things: Sequence[T], at_once: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), at_once):
        yield things[start : start + at_once]
