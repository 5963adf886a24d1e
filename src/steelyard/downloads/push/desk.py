"""Finds the repository that a push is about, for whoever may change it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog import provenance, rights, store
from steelyard.catalog.errors import NotYours
from steelyard.catalog.models import DEPOT_HUB, Entry, EntryName
from steelyard.core.ref import Kind, Reference
from steelyard.downloads.push.errors import not_pushed, repository_missing
from steelyard.identity.principal import Caller


@dataclass(frozen=True, slots=True)
class Repo:
    """What a client names."""

    kind: Kind
    name: str

    @property
    def entry_name(self) -> EntryName:
        """Its name in the catalog, once it is pushed."""
        return EntryName(DEPOT_HUB, self.kind, self.name)


def seen(connection: Connection, repo: Repo, caller: Caller) -> Entry:
    """A pushed repository on the shelf that exists for somebody. Raises RepositoryMissing, NotPushable."""
    entry = store.find(connection, repo.entry_name)
    if entry is None or not rights.may_see(entry, caller):
        for other in provenance.namesakes(connection, repo.entry_name):
            if other.name.hub != DEPOT_HUB and other.trash is None and rights.may_see(other, caller):
                raise not_pushed(other.name)
        raise repository_missing(repo.entry_name)
    if entry.trash is not None:
        raise repository_missing(repo.entry_name, in_trash=entry.trash.is_restorable)
    return entry


def changeable(connection: Connection, repo: Repo, caller: Caller) -> Entry:
    """The same for whoever may change it. Raises NotYours as well."""
    entry = seen(connection, repo, caller)
    if not rights.may_change(entry, caller):
        raise NotYours(f"{entry.name} belongs to {entry.owner}.", hint=f"Ask {entry.owner}, or an administrator.")
    return entry


def reference_to(entry: Entry) -> Reference:
    """An entry by its key: an alias of another one may have its name."""
    return Reference("", entry_key=entry.id)
