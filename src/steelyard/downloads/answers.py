"""What a hub said about its repositories, kept with their entries: all SQL of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from steelyard.catalog.tables import documents
from steelyard.db.upsert import insert_or_update
from steelyard.downloads.tables import mirror_documents, mirror_refs


@dataclass(frozen=True, slots=True)
class Said:
    """A commit that a branch or tag meant, or some document, and when the hub said so."""

    value: Any
    at: datetime


def ref(connection: Connection, entry: int, name: str) -> Said | None:
    """What a branch or tag meant when the hub was last asked for the mirror."""
    matches = (mirror_refs.c.entry == entry, mirror_refs.c.name == name)
    row = connection.execute(select(mirror_refs).where(*matches)).one_or_none()
    return None if row is None else Said(row.commit_hash, row.asked_at)


def refs_at(connection: Connection, entry: int, commit: str) -> dict[str, datetime]:
    """The branches and tags that meant a commit, and when."""
    matches = (mirror_refs.c.entry == entry, mirror_refs.c.commit_hash == commit)
    rows = connection.execute(select(mirror_refs.c.name, mirror_refs.c.asked_at).where(*matches))
    return {row.name: row.asked_at for row in rows}


def set_ref(connection: Connection, entry: int, name: str, commit: str, now: datetime) -> None:
    """The hub has just said what a branch or tag means."""
    values = {"commit_hash": commit, "asked_at": now}
    insert_or_update(connection, mirror_refs, {"entry": entry, "name": name, **values}, ["entry", "name"], values)


def document(connection: Connection, entry: int, name: str) -> Said | None:
    """A document about a repository: its branches and tags, a page of its history."""
    matches = (mirror_documents.c.entry == entry, mirror_documents.c.name == name)
    row = connection.execute(select(mirror_documents).where(*matches)).one_or_none()
    return None if row is None else Said(row.body, row.asked_at)


def set_document(connection: Connection, entry: int, name: str, body: Any, now: datetime) -> None:
    """The hub has just told it."""
    values = {"body": body, "asked_at": now}
    insert_or_update(connection, mirror_documents, {"entry": entry, "name": name, **values}, ["entry", "name"], values)


def description(connection: Connection, revision: int) -> Mapping[str, Any] | None:
    """The hub's description of a repository at one commit."""
    found = select(documents.c.body).where(documents.c.revision == revision)
    body: Mapping[str, Any] | None = connection.execute(found).scalar_one_or_none()
    return body


def set_description(connection: Connection, revision: int, body: Mapping[str, Any]) -> None:
    """Keep the hub's description of a repository at one commit."""
    row = {"revision": revision, "body": dict(body)}
    insert_or_update(connection, documents, row, ["revision"], {"body": dict(body)})
