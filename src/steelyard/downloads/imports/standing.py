"""Where a found model stands against the catalog: what of it is here, and what speaks against taking it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from steelyard.catalog import blobs, provenance, revisions
from steelyard.catalog.models import Entry, EntryName, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.imports.models import FoundFile, FoundModel
from steelyard.storage.fingerprint import Fingerprint

IN_TRASH = "it is in the trash; restore it, or delete it for good first"
BEING_PURGED = "it is being purged just now; import it again when that is done"


@dataclass(frozen=True, slots=True)
class Standing:
    """``here`` are the blobs that the entry has, ``elsewhere`` those that others have; ``sealed`` the bytes of files
    that are known without reading them; ``complete`` its revisions of which all is here. ``owner``: what was found is
    this entry's own folder in the store, and holds nothing that the catalog does not know."""

    refused: str | None = None
    here: frozenset[Digest] = frozenset()
    elsewhere: frozenset[Digest] = frozenset()
    sealed: Mapping[Fingerprint, Digest] = field(default_factory=dict)
    complete: frozenset[str] = frozenset()
    owner: EntryName | None = None

    def digest_of(self, file: FoundFile) -> Digest | None:
        """What a file's bytes are, when that is known without reading them."""
        if file.claimed is not None and file.claimed in self.here | self.elsewhere:
            return file.claimed
        sealed = self.sealed.get(file.seen) if file.linkable else None  # the inode tells only on the store's own disk
        wanted = file.claimed or sealed
        return sealed if sealed is not None and sealed == wanted else None


def standing_of(connection: Connection, found: FoundModel) -> Standing:
    """Read it from the catalog."""
    if found.name is None:
        return Standing(refused=found.refused)
    namesakes = provenance.namesakes(connection, found.name)
    owner = _owner(connection, found, namesakes) if found.in_store else None
    if owner is not None:
        return _owned(connection, owner)
    if found.refused:
        return Standing(refused=found.refused)
    own = next((entry for entry in namesakes if entry.name == found.name), None)
    refused = reason_against(found.name, namesakes)
    claimed = [file.claimed for revision in found.revisions for file in revision.files if file.claimed]
    return _standing(connection, own, list(dict.fromkeys(claimed)), refused)


def reason_against(name: EntryName, namesakes: list[Entry]) -> str | None:
    """Why a model cannot be taken under this name; None when it can. Pure."""
    for entry in namesakes:
        if entry.trash is not None and entry.trash.is_purged:
            continue
        if entry.name.hub != name.hub:
            return f"a model of that name came from {entry.name.hub}; {_way_out(name)}"
        if entry.trash is not None:
            return IN_TRASH if entry.trash.is_restorable else BEING_PURGED
    return None


def _way_out(name: EntryName) -> str:
    if name.is_from_folder:
        return "import this one's folder alone, under another name (--name)"
    return "delete that one for good first, to import this one"


def _owner(connection: Connection, found: FoundModel, namesakes: list[Entry]) -> Entry | None:
    """Whose folder of the store was found, when there is nothing in it to take over."""
    commits = {revision.commit for revision in found.revisions}
    for entry in namesakes:
        is_same_hub = entry.name.hub == (found.name.hub if found.name else None)
        if (
            entry.trash is not None or entry.private or (commits and is_same_hub)
        ):  # the hub's own may have got more files
            continue
        if commits <= {revision.commit for revision in revisions.of_entry(connection, entry.id)}:
            return entry
    return None


def _owned(connection: Connection, owner: Entry) -> Standing:
    complete = frozenset(revision.commit for revision in revisions.of_entry(connection, owner.id))
    return Standing(owner=owner.name, here=frozenset(provenance.held(connection, owner.id)), complete=complete)


def _standing(connection: Connection, own: Entry | None, claimed: list[Digest], refused: str | None) -> Standing:
    states = (FileState.STORED, FileState.QUARANTINED)
    key = own.id if own else None
    held = {digest for state in states for digest in blobs.takable(connection, claimed, key, state)}
    if own is None:
        return Standing(refused, elsewhere=frozenset(held))
    seals = blobs.seals_of(connection, [own.id])[own.id]
    sealed = {seal.file: digest for digest, seal in seals.items() if digest.algorithm == "sha256"}
    sealed |= {seal.file: digest for digest, seal in seals.items() if digest in claimed}
    complete = (revision.commit for revision in revisions.of_entry(connection, own.id) if revision.completed_at)
    here = provenance.held(connection, own.id)
    return Standing(refused, frozenset(here), frozenset(held - here), sealed, frozenset(complete))
