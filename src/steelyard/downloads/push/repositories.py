"""Making repositories, and what their owners may do to them as a whole."""

import logging
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Connection

from steelyard.catalog import provenance, rights
from steelyard.catalog import store as catalog
from steelyard.catalog.changes import ChangeService, ModelChange
from steelyard.catalog.models import DEPOT_HUB, Entry
from steelyard.catalog.trash import TrashService
from steelyard.core.ref import Kind
from steelyard.downloads.push import store
from steelyard.downloads.push.committing import Committing
from steelyard.downloads.push.desk import Repo, changeable, reference_to
from steelyard.downloads.push.errors import from_elsewhere, in_trash, taken
from steelyard.downloads.push.models import MAIN, Content, Header, Operation
from steelyard.downloads.push.modes import GITATTRIBUTES
from steelyard.downloads.push.names import full_name, require_namespace
from steelyard.downloads.tools import Tools
from steelyard.identity import store as identity
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller

logger = logging.getLogger(__name__)
CREATE = "repository.create"
_FIRST = Header("initial commit")


class Repositories:
    """The verbs. ``reserved`` are the team's namespaces."""

    def __init__(
        self, tools: Tools, committing: Committing, changes: ChangeService, trash: TrashService, reserved: Sequence[str]
    ) -> None:
        self._tools = tools
        self._committing = committing
        self._changes = changes
        self._trash = trash
        self._reserved = reserved

    def named(self, kind: Kind, name: str, organisation: str | None, caller: Caller) -> Repo:
        """The repository that somebody means, who may leave out their own namespace.

        Raises NamespaceClosed, InvalidReference.
        """
        return Repo(kind, full_name(name, organisation, caller, self._reserved))

    async def create(self, repo: Repo, caller: Caller, *, private: bool) -> Entry:
        """A new repository with a first commit. It belongs to the account that makes it.

        Raises RepositoryExists, NamespaceClosed, NameInTrash, StoreAway, NoRoom.
        """
        await self._tools.require_store()
        now = self._tools.clock.now()

        def create(connection: Connection) -> tuple[Entry, bool]:
            is_account = identity.account_called(connection, repo.name.partition("/")[0]) is not None
            require_namespace(repo.name, caller, self._reserved, is_account=is_account)
            found = _unfinished(connection, repo, caller)
            if found is not None:
                return found, False
            entry = catalog.ensure(connection, repo.entry_name, None, now)
            store.forget_history(connection, entry.id)
            owner = caller.access.account or caller.name
            begin = {"owner": owner, "private": private, "title": repo.name, "description": None, "tags": []}
            catalog.change(connection, entry, begin)
            audit.record(connection, caller, Deed(CREATE, str(entry.name), None, {"private": private}), now)
            return catalog.get(connection, entry.id) or entry, True

        entry, is_new = await self._tools.database.write(create)
        await self._committing.commit(repo, MAIN, _FIRST, _first_files(), caller)
        logger.info("made a repository: %s", entry.name, extra={"user": caller.name, "private": private, "new": is_new})
        return entry

    async def change(self, repo: Repo, caller: Caller, *, private: bool) -> None:
        """Show it to everybody, or to its owner alone. Raises RepositoryMissing, NotYours, ModelBusy."""
        entry = await self._tools.database.read(lambda connection: changeable(connection, repo, caller))
        await self._changes.change(reference_to(entry), ModelChange(private=private), caller)

    async def delete(self, repo: Repo, caller: Caller) -> None:
        """Into the trash, from which it can come back. Raises RepositoryMissing, NotYours, ModelPinned."""
        entry = await self._tools.database.read(lambda connection: changeable(connection, repo, caller))
        await self._trash.delete(reference_to(entry), caller)


def _unfinished(connection: Connection, repo: Repo, caller: Caller) -> Entry | None:
    """A repository of that name whose first commit never came, to be gone on with; None where the name is free.

    Raises RepositoryExists, NameInTrash; of what the caller may not see only that the name is taken.
    """
    for entry in provenance.namesakes(connection, repo.entry_name):
        if entry.trash is not None and entry.trash.is_purged:
            continue
        if not rights.may_see(entry, caller):
            raise taken(repo.entry_name)
        if entry.name.hub != DEPOT_HUB:
            raise from_elsewhere(entry.name)
        if entry.trash is not None:
            raise in_trash(entry.name)
        if store.refs_of(connection, entry.id) or not rights.may_change(entry, caller):
            raise taken(entry.name)
        return entry
    return None


async def _first_files() -> AsyncIterator[Operation]:
    yield Content(".gitattributes", GITATTRIBUTES)
