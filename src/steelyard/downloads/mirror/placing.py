"""From what a client names to a commit and its files: from the tables while they are fresh, else from the hub.

While the hub is away the tables go on being good: rather an older commit that is here than none. While the database is
away, what it said lately goes on being good.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from steelyard.catalog import blobs, revisions
from steelyard.catalog.models import EntryName, File, Revision
from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import is_commit
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.downloads import answers
from steelyard.downloads.mirror.errors import no_file
from steelyard.downloads.mirror.known import DEFAULT, Known, find_alias, find_known, missing, place_known
from steelyard.downloads.mirror.models import Named, Placed, Sealed, Shown
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import SOURCE, Upstream
from steelyard.downloads.mirror.warm import WarmShelf
from steelyard.downloads.push.names import is_reserved
from steelyard.identity.principal import Caller
from steelyard.sources.errors import (
    RevisionMissing,
    UpstreamBusy,
    UpstreamUnavailable,
)
from steelyard.sources.protocol import Resolved

logger = logging.getLogger(__name__)
_KNOWN_SECONDS = 2.0  # how long the hub may take when the tables have an answer as well
_UNKNOWN_SECONDS = 8.0  # and when they have none: clients give up after ten


class Placing:
    """Finds commits and lists files, for whoever may see them."""

    def __init__(self, database: Database, upstream: Upstream, clock: Clock, settings: MirrorSettings) -> None:
        self._database = database
        self._upstream = upstream
        self._clock = clock
        self._settings = settings
        self.warm = WarmShelf(database, clock)

    async def place(self, named: Named, caller: Caller, path: str | None = None) -> Placed:
        """The commit that is meant; ``path`` says which file is asked for next.

        Raises RepositoryMissing, also for what the caller may not see, RevisionMissing, ModelInactive, and what the hub
        says where only it knows.
        """
        try:
            placed = await self._place(named, caller, path)
        except DatabaseAway:
            kept = self.warm.placed(named, caller, path)
            if kept is None:
                raise
            return kept
        self.warm.see(named, placed)
        return placed

    async def _place(self, named: Named, caller: Caller, path: str | None) -> Placed:
        known, placed = await self._database.read(lambda connection: self._look(connection, named, caller, path))
        if placed is not None:
            return await self._listed(placed, known)
        try:
            self._require_hubs(named, known)
            found = await self._upstream.resolve(named, _KNOWN_SECONDS if known.fallback else _UNKNOWN_SECONDS)
        except SteelyardError as error:  # away, without it, or closed: what is on the shelf stays there
            if known.entry is None and (meant := await self._meant(named, caller)) is not None:
                return await self._place(meant, caller, path)
            if known.entry is None or known.fallback is None:
                raise
            logger.info("the hub does not help; going on with what is here", extra={"reason": error.detail})
            return replace(await self._placed(known, known.fallback.commit), revision=known.fallback)
        return await self._listed(await self._learned(named, found, known, caller), known)

    async def _meant(self, named: Named, caller: Caller) -> Named | None:
        """The same where the team gave a model that name."""
        found = await self._database.read(lambda connection: find_alias(connection, named.repository, caller))
        return None if found is None or found == named.repository else replace(named, repository=found)

    async def _listed(self, placed: Placed, known: Known) -> Placed:
        """What a branch means now, unless nothing is known of it and the hub went away before it told its files: then
        what the branch meant when it was brought."""
        fallback = known.fallback
        if placed.revision is not None or fallback is None or fallback.commit == placed.commit:
            return placed
        try:
            await self._upstream.list_files(placed.repository, placed.commit, _KNOWN_SECONDS)
        except (UpstreamUnavailable, UpstreamBusy):
            return replace(await self._placed(known, fallback.commit), revision=fallback)
        except SteelyardError:  # whoever asks for the files hears it
            return placed
        return placed

    async def show(self, named: Named, caller: Caller) -> Shown:
        """A repository with its files. Raises as ``place``, and what the hub says to its list of files."""
        return await self.shown(await self.place(named, caller))

    async def shown(self, placed: Placed) -> Shown:
        """The repository of a commit that was found, with its files. Raises what the hub says to its list of files."""
        document = placed.document if placed.document is not None else await self._description(placed)
        entry = placed.entry
        return Shown(
            placed.name, placed.commit, await self.files(placed), document or {}, placed.gated,
            private=entry is not None and entry.private, entry=entry.id if entry else None,
        )  # fmt: skip

    async def files(self, placed: Placed) -> list[File]:
        """Every file of a commit, by path, with what is here of it. Raises as ``show``."""
        revision = placed.revision
        if revision is not None:
            return await self._listed_files(placed, revision)
        return list(await self._upstream.list_files(placed.repository, placed.commit, _UNKNOWN_SECONDS))

    async def _listed_files(self, placed: Placed, revision: Revision) -> list[File]:
        try:
            return await self._database.read(lambda connection: revisions.list_files(connection, revision.id))
        except DatabaseAway:
            kept = self.warm.files(placed)
            if kept is None:
                raise
            return kept

    async def is_gated(self, placed: Placed) -> bool:
        """Whether the hub wants a licence accepted; it is asked where nothing here tells. Raises as ``place``."""
        if placed.gated or placed.document is not None or placed.name.hub != SOURCE:
            return placed.gated
        return (await self._upstream.resolve(Named(placed.repository, placed.commit), _UNKNOWN_SECONDS)).gated

    async def file(self, placed: Placed, path: str) -> File:
        """One file. Raises FileUnknown, and as ``show``."""
        revision, found = placed.revision, placed.asked.file if placed.asked else None
        if found is not None and found.path == path:
            return found
        if revision is not None:
            found = await self._listed_file(placed, revision, path)
        else:
            listed = await self._upstream.list_files(placed.repository, placed.commit, _UNKNOWN_SECONDS)
            found = next((file for file in listed if file.path == path), None)
        if found is None:
            raise no_file(path, placed.commit)
        return found

    async def _listed_file(self, placed: Placed, revision: Revision, path: str) -> File | None:
        try:
            return await self._database.read(lambda connection: revisions.find_file(connection, revision.id, path))
        except DatabaseAway:
            kept = self.warm.files(placed)
            if kept is None:
                raise
            return next((file for file in kept if file.path == path), None)

    def _look(
        self, connection: Connection, named: Named, caller: Caller, path: str | None
    ) -> tuple[Known, Placed | None]:
        """What the tables say; the commit and the file as well, where the hub need not be asked."""
        known = find_known(connection, named, caller)
        if not self._is_settled(known):
            return known, None
        placed = place_known(connection, known, known.commit or "")
        return known, placed if path is None else replace(placed, asked=_asked(connection, placed, path))

    def _is_settled(self, known: Known) -> bool:
        """Whether the hub need not be asked."""
        if known.commit is None:
            return False
        if known.is_settled or known.asked_at is None:
            return known.is_settled
        return self._clock.now() - known.asked_at < timedelta(seconds=self._settings.fresh_seconds)

    def _require_hubs(self, named: Named, known: Known) -> None:
        """Only what can be the hub's is asked for there. Raises RepositoryMissing, RevisionMissing."""
        name = named.repository.name
        if known.entry is not None and known.entry.name.hub != SOURCE:
            raise RevisionMissing(f"{name} has no revision {named.revision or DEFAULT!r} here.")
        if is_reserved(name, self._settings.namespaces):
            raise missing(named.repository)

    async def _placed(self, known: Known, commit: str) -> Placed:
        return await self._database.read(lambda connection: place_known(connection, known, commit))

    async def _learned(self, named: Named, found: Resolved, known: Known, caller: Caller) -> Placed:
        """The hub's answer, written down where the shelf has the repository."""
        name, now = EntryName(SOURCE, found.repository.kind, found.repository.name), self._clock.now()
        entry = known.entry
        if name.repo != named.repository.name:
            if is_reserved(name.repo, self._settings.namespaces):  # what anybody has at the hub must not pass for ours
                raise missing(named.repository)
            renamed = Named(found.repository, named.revision)
            entry = (await self._database.read(lambda connection: find_known(connection, renamed, caller))).entry
            if entry is not None and entry.name.hub != SOURCE:  # somebody's own, called like this by chance
                raise missing(named.repository)
        if entry is None:
            return Placed(name, found.commit, document=found.document, gated=found.gated)
        key, ref = entry.id, named.revision or DEFAULT

        def write(connection: Connection) -> None:
            answers.set_ref(connection, key, ref, found.commit, now)
            revision = revisions.find(connection, key, found.commit)
            if revision is not None and found.document is not None:
                answers.set_description(connection, revision.id, found.document)

        if not is_commit(ref):
            await self._database.write(write)
        placed = await self._placed(replace(known, entry=entry), found.commit)
        return replace(placed, document=found.document or placed.document, gated=found.gated)

    async def _description(self, placed: Placed) -> Mapping[str, Any] | None:
        kept = self._upstream.remembered(Named(placed.repository, placed.commit))
        return kept.document if kept else None


def _asked(connection: Connection, placed: Placed, path: str) -> Sealed | None:
    if placed.entry is None or placed.revision is None:
        return None
    file = revisions.find_file(connection, placed.revision.id, path)
    return None if file is None else Sealed(file, blobs.seal_of(connection, placed.entry.id, file.digest))
