"""Branches, tags and commits of a repository: as the hub tells them, else as far as the shelf knows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from steelyard.catalog.models import DEPOT_HUB, Entry
from steelyard.catalog.tables import refs as ref_table
from steelyard.catalog.tables import revisions as revision_table
from steelyard.core.clock import Clock, iso
from steelyard.db.database import Database
from steelyard.downloads import answers
from steelyard.downloads.mirror.models import Placed
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import SOURCE, Upstream
from steelyard.downloads.push import store as pushed
from steelyard.sources.errors import RepositoryMissing, RevisionMissing, UpstreamBusy, UpstreamUnavailable

_SECONDS, _KNOWN_SECONDS = 8.0, 2.0  # how long the hub may take, and when it has said something before
_REFS = "refs"  # the document of branches and tags
_PAGE = 50  # commits of a pushed repository
_EMPTY_PAGE: list[Any] = [[], False]
_NOTHING_NEW = (UpstreamUnavailable, UpstreamBusy, RepositoryMissing, RevisionMissing)


@dataclass(frozen=True, slots=True)
class Branches:
    """The hub's own document; where there is none, the commit of each name that the shelf knows."""

    document: Mapping[str, Any] | None
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commits:
    """A page of the hub's own history; where there is none, the commits on the shelf and when each came."""

    items: Sequence[Mapping[str, Any]] | None
    more: bool = False
    known: Sequence[tuple[str, datetime]] = ()


class History:
    """Asks the hub once in a while, and keeps what it said."""

    def __init__(self, database: Database, upstream: Upstream, clock: Clock, settings: MirrorSettings) -> None:
        self._database = database
        self._upstream = upstream
        self._clock = clock
        self._fresh = timedelta(seconds=settings.fresh_seconds)

    async def refs(self, placed: Placed) -> Branches:
        """Branches and tags. Raises what the hub says where the shelf knows nothing."""
        said = await self._said(placed, _REFS, lambda wait: self._upstream.refs(placed.repository, wait))
        if said is not None or placed.entry is None:
            return Branches(said)
        return Branches(None, await self._database.read(lambda c: _known_refs(c, placed.entry)))

    async def commits(self, placed: Placed, page: int) -> Commits:
        """A page of the history of a commit, from 0. Raises what the hub says where the shelf knows nothing."""

        if placed.entry is not None and placed.name.hub == DEPOT_HUB:
            return await self._pushed(placed.entry, placed.commit, page)

        async def ask(wait: float) -> list[Any]:
            items, more = await self._upstream.commits(placed.repository, placed.commit, page, wait)
            return [list(items), more]

        said = await self._said(placed, f"commits/{placed.commit}/{page}", ask)
        if said is not None:
            return Commits(said[0], bool(said[1]))
        if page:
            return Commits([])
        return Commits(None, known=await self._database.read(lambda c: _known_commits(c, placed.entry)))

    async def _pushed(self, entry: Entry, commit: str, page: int) -> Commits:
        found = await self._database.read(lambda connection: pushed.history(connection, entry.id, commit))
        first, last = page * _PAGE, (page + 1) * _PAGE
        items = [
            {"id": one.oid, "title": one.title, "message": one.message, "authors": [{"user": one.author}],
             "date": iso(one.at)}
            for one in found[first:last]
        ]  # fmt: skip
        return Commits(items, more=len(found) > last)

    async def _said(self, placed: Placed, name: str, ask: Callable[[float], Awaitable[Any]]) -> Any | None:
        """What the hub says or said; None where it is not asked, or cannot be and never was."""
        entry = placed.entry
        if entry is None:
            return await ask(_SECONDS)
        kept = await self._database.read(lambda connection: answers.document(connection, entry.id, name))
        is_fresh = kept is not None and self._clock.now() - kept.at < self._fresh
        if placed.name.hub != SOURCE or is_fresh:
            return kept.value if kept else None
        try:
            said = await ask(_KNOWN_SECONDS if kept else _SECONDS)
        except _NOTHING_NEW:
            return kept.value if kept else None
        now = self._clock.now()
        # Of pages without commits there is no end, and of commits that nobody brought too many to keep.
        if said != _EMPTY_PAGE and (name == _REFS or placed.revision is not None):
            await self._database.write(lambda connection: answers.set_document(connection, entry.id, name, said, now))
        return said


def _known_refs(connection: Connection, entry: Entry | None) -> dict[str, str]:
    if entry is None:
        return {}
    rows = connection.execute(select(ref_table.c.name, ref_table.c.commit_hash).where(ref_table.c.entry == entry.id))
    tags = pushed.tags_of(connection, entry.id)
    return {f"refs/tags/{row.name}" if row.name in tags else row.name: row.commit_hash for row in rows}


def _known_commits(connection: Connection, entry: Entry | None) -> list[tuple[str, datetime]]:
    if entry is None:
        return []
    mine = revision_table.c.entry == entry.id
    rows = connection.execute(select(revision_table.c.commit_hash, revision_table.c.created_at).where(mine))
    return [(row.commit_hash, row.created_at) for row in rows]
