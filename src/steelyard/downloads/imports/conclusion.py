"""The end of a model's import: what is whole is complete, references point at it, records are taken over."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steelyard.catalog import provenance, revisions
from steelyard.catalog.care import findings
from steelyard.catalog.models import FileState, Revision
from steelyard.catalog.service import refresh_status
from steelyard.downloads.arrival import require_here
from steelyard.downloads.imports import store
from steelyard.downloads.imports.models import FoundModel, FoundRef
from steelyard.downloads.imports.parcels import Goal
from steelyard.downloads.imports.report import ModelReport
from steelyard.downloads.payload import DEFAULT_REVISION
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext

Came = Sequence[tuple[Goal, Sequence[str]]]


class Conclusion:
    """For one model, with those of its revisions that are on the shelf, and the paths of what came in of each."""

    def __init__(self, tools: Tools, context: JobContext, found: FoundModel, came: Came) -> None:
        self._tools = tools
        self._context = context
        self._found = found
        self._came = came
        self._goals = [goal for goal, _ in came]
        self._now = tools.clock.now()

    async def write(self, report: ModelReport) -> None:
        """References are written last: a reader who sees one finds every file of it. Raises LeaseLost, TakenDown."""
        bad = {told.revision for told in report.revisions if told.refused}
        good = [goal.revision for goal in self._goals if goal.revision.commit not in bad]
        refs = await self._context.read(lambda connection: self._refs_to_write(connection, good))
        await self._tools.run(lambda: self._write_refs(refs))
        await self._context.write(lambda connection: self._record(connection, good, refs, report))

    def _refs_to_write(self, connection: Connection, good: Sequence[Revision]) -> dict[str, FoundRef]:
        return self._newest(connection, self._refs(self._whole(connection, good)))

    def _whole(self, connection: Connection, good: Sequence[Revision]) -> list[Revision]:
        """Those of which all is here; one that lost a file meanwhile is brought by the next try. Raises TakenDown."""
        for goal, paths in self._came:
            if goal.revision in good:
                require_here(connection, goal.revision.id, paths)
        return [revision for revision in good if _is_whole(connection, revision)]

    def _refs(self, whole: Sequence[Revision]) -> dict[str, FoundRef]:
        """The branches and tags to point at whole revisions; a folder's only revision is its main one."""
        if not self._found.is_cached:
            return {DEFAULT_REVISION: FoundRef(whole[0].commit, self._now)} if whole else {}
        commits = {revision.commit for revision in whole}
        return {
            name: FoundRef(ref.commit, min(ref.asked_at, self._now))
            for name, ref in self._found.refs.items()
            if ref.commit in commits
        }

    def _newest(self, connection: Connection, refs: Mapping[str, FoundRef]) -> dict[str, FoundRef]:
        """Those of which the catalog knows nothing newer."""
        entry = next((goal.revision.entry for goal in self._goals), 0)
        return {
            name: ref for name, ref in refs.items() if revisions.is_newest_ref(connection, entry, name, ref.asked_at)
        }

    def _write_refs(self, refs: Mapping[str, FoundRef]) -> None:
        for name, ref in refs.items():
            self._context.check()
            self._tools.storage.write_ref(self._goals[0].folder, name, ref.commit)

    def _completed_at(self, revision: Revision) -> datetime:
        """All come at one moment; the one that the default branch means counts as the newest of them."""
        main = self._found.refs.get(DEFAULT_REVISION)
        is_main = main is not None and main.commit == revision.commit
        return self._now + timedelta(microseconds=1) if is_main else self._now

    def _record(
        self, connection: Connection, good: Sequence[Revision], refs: Mapping[str, FoundRef], report: ModelReport
    ) -> None:
        whole = self._whole(connection, good)
        commits = {revision.commit for revision in whole}
        for revision in whole:
            if revision.completed_at is None:
                revisions.complete(connection, revision.id, None, self._completed_at(revision))
                findings.resolve_losses(connection, revision.entry, self._now)
        for key in {goal.revision.entry for goal in self._goals}:
            for name, ref in ((name, ref) for name, ref in refs.items() if ref.commit in commits):
                revisions.set_ref(connection, key, name, ref.commit, ref.asked_at)
            if self._found.origin is not None:
                provenance.introduce(connection, key, self._found.origin)
            refresh_status(connection, key)
        store.end(connection, self._context.job.id, report)


def _is_whole(connection: Connection, revision: Revision) -> bool:
    """Whether every file is here that the hub has told of, or an import has found."""
    if revisions.find(connection, revision.entry, revision.commit) is None:
        return False
    return all(file.state is not FileState.LISTED for file in revisions.list_files(connection, revision.id))
