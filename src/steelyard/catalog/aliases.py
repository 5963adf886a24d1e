"""Aliases: short names that people give to models. All SQL of them, and what may be one.

An alias is one part of a name and looked up in lower case, before repositories are. While its model is in the trash it
stays taken, so that a restored model has its names again; a purge sets it free.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from steelyard.catalog.errors import AliasTaken, BadAlias
from steelyard.catalog.hidden import hidden_from, shown_to
from steelyard.catalog.tables import aliases, entries
from steelyard.core.ids import catalog_id
from steelyard.core.ref import Kind, Reference, parse
from steelyard.db.upsert import insert_new

MAX_ALIASES = 16
# Last segments of addresses, words before a name, and what the command line and other protocols read otherwise.
RESERVED_WORDS = frozenset({
    "exists", "stats", "events", "files", "verify", "restore", "download", "latest", "me",
    *(word for kind in Kind for word in (kind.value, kind.plural)),
})  # fmt: skip


def parse_alias(text: str) -> str:
    """The alias as it is stored. Raises BadAlias, InvalidReference."""
    reference = parse(text)
    if reference.entry_key is not None or reference.name != text or "/" in text:
        raise BadAlias(f"{text[:60]!r} is more than a name.", hint="Give one word without '/', '@' and ':'.")
    if text.lower() in RESERVED_WORDS:
        raise BadAlias(f"{text!r} has a meaning of its own in addresses.", hint="Choose another word.")
    return text.lower()


def find(connection: Connection, reference: Reference, viewer: str | None = None) -> int | None:
    """The key of the entry whose alias a reference is; for a ``viewer``, of one that exists for them.

    Else whoever hides a model would take its alias away from everybody: a name of the hub, perhaps.
    """
    if reference.kind is not Kind.MODEL or "/" in reference.name:
        return None
    wanted = select(aliases.c.entry).where(aliases.c.alias == reference.name.lower())
    if viewer is not None:
        wanted = wanted.join(entries, entries.c.id == aliases.c.entry).where(shown_to(viewer))
    key: int | None = connection.execute(wanted).scalar_one_or_none()
    return key


def of_entry(connection: Connection, key: int) -> tuple[str, ...]:
    """The aliases of an entry, by name."""
    names = connection.execute(select(aliases.c.alias).where(aliases.c.entry == key)).scalars()
    return tuple(sorted(names))  # not by the database, whose order is that of its language


def replace(
    connection: Connection, entry: int, wanted: Sequence[str], now: datetime, viewer: str | None = None
) -> None:
    """Let an entry have exactly these aliases. Raises AliasTaken, which names only what exists for the ``viewer``."""
    connection.execute(delete(aliases).where(aliases.c.entry == entry, aliases.c.alias.not_in(wanted)))
    for alias in wanted:
        add(connection, entry, alias, now, viewer)


def add(connection: Connection, entry: int, alias: str, now: datetime, viewer: str | None = None) -> None:
    """Let an entry have one more alias. Raises AliasTaken as ``replace`` does."""
    insert_new(connection, aliases, [{"alias": alias, "entry": entry, "created_at": now}], ["alias"])
    holder = _holder(connection, entry, alias)
    if holder is not None:
        raise _taken(alias, *holder) if _is_shown(connection, holder[0], viewer) else _taken_by_somebody(alias)


def remove(connection: Connection, alias: str) -> None:
    """Let nobody have an alias any more."""
    connection.execute(delete(aliases).where(aliases.c.alias == alias))


def _holder(connection: Connection, entry: int, alias: str) -> tuple[int, str, bool] | None:
    """Which other entry answers to a name: its key, its repository, and whether it lies in the trash."""
    owner = select(aliases.c.entry).where(aliases.c.alias == alias)
    named = (entries.c.id.in_(owner)) | ((func.lower(entries.c.repo) == alias) & entries.c.purged_at.is_(None))
    statement = select(entries.c.id, entries.c.repo, entries.c.deleted_at).where(named, entries.c.id != entry)
    row = connection.execute(statement.limit(1)).first()
    return None if row is None else (row.id, row.repo, row.deleted_at is not None)


def _is_shown(connection: Connection, entry: int, viewer: str | None) -> bool:
    hidden = hidden_from(viewer)
    if hidden is None:
        return True
    is_hidden = select(entries.c.id).where(entries.c.id == entry, entries.c.id.in_(hidden))
    return connection.execute(is_hidden).first() is None


def _taken_by_somebody(alias: str) -> AliasTaken:
    return AliasTaken(f"{alias!r} is taken.", hint="Choose another name.")


def _taken(alias: str, key: int, repo: str, in_trash: bool) -> AliasTaken:
    where = f"{repo} in the trash" if in_trash else repo
    path = f"/api/models/{catalog_id(key)}"
    purge = f"steelyard rm {catalog_id(key)} --purge frees it; so does DELETE {path}?purge=true."
    other = f'steelyard set {repo} --alias OTHER (or PATCH {path} with other "aliases")'
    hint = purge if in_trash else f"Choose another name, or give {repo} another one: {other}."
    return AliasTaken(f"{alias!r} is a name of {where} already.", hint=hint)
