"""Before anything is judged: is this the store, and is it there? Unknown is not missing.

A disk that is not mounted leaves an empty folder behind, which looks like a hub that somebody cleared. The store's own
name, kept in it and in the database, tells them apart; and when most of what should be there is not, a person must say
so before the catalog believes it.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from steelyard.catalog.care import checks, records
from steelyard.catalog.care.errors import StoreAway, StoreNotThere
from steelyard.catalog.care.tools import CareTools
from steelyard.db.database import Database
from steelyard.storage.identity import give_identity, read_identity
from steelyard.storage.layout import PRIVATE_SHELF, SHELF, Layout
from steelyard.storage.survey import names_in

logger = logging.getLogger(__name__)
Look = Callable[[Callable[[], str | None]], Awaitable[str | None]]  # runs something that only looks in a thread
_FEW = 3  # so many folders may go at once without a question, when the store is surely the right one
_HINT = (
    "Mount the disk, or set STEELYARD_STORE right, and try again. If the files were removed on purpose: "
    'POST /api/v1/scans {"accept_missing": true}'
)


@dataclass(frozen=True, slots=True)
class Ground:
    """The store's name, and what lies on its shelves: paths relative to the store, and whether each is a folder."""

    identity: str
    names: dict[str, bool]


async def require_store(tools: CareTools, *, accept_missing: bool = False) -> Ground:
    """The store, when it is there and the right one; it gets its name here. Raises StoreNotThere."""
    known, remembered = await tools.database.read(_known)
    if accept_missing:
        await tools.run(tools.storage.layout.create)
    try:
        names = await tools.run(lambda: _on_shelves(tools.storage.layout))
        identity = await tools.run(lambda: read_identity(tools.storage.layout))
    except OSError as error:
        raise StoreNotThere("The hub's folder cannot be read; nothing was judged.", hint=_HINT) from error
    is_same = remembered is not None and identity == remembered
    if not accept_missing:
        refuse_doubtful(known, names, is_same=is_same)
        if remembered is not None and not is_same and not known:
            raise StoreNotThere("The store is another one than it was, and nothing in it is known.", hint=_HINT)
    name = await tools.run(lambda: give_identity(tools.storage.layout)) if identity is None else identity
    return Ground(name if name == remembered else await _remember(tools, name), names)


async def require_mounted(database: Database, layout: Layout, look: Look) -> None:
    """The store that the database remembers is there, or it remembers none yet; nothing is changed. Raises StoreAway.

    For whoever is about to write, move or delete: it costs one small file.
    """
    remembered = (await database.read(checks.store_record)).identity
    if remembered is not None and await look(lambda: _identity(layout)) != remembered:
        raise StoreAway("The store is not there, or is another one than it was.", hint=_HINT)


async def is_still(tools: CareTools, ground: Ground) -> bool:
    """Whether it is the same store a moment later."""
    try:
        return await tools.run(lambda: read_identity(tools.storage.layout)) == ground.identity
    except OSError:
        return False


def refuse_doubtful(known: Collection[str], there: Iterable[str], *, is_same: bool) -> None:
    """Raise StoreNotThere when most of the ``known`` folders are not ``there``. Pure.

    In the store that surely is the right one (``is_same``) up to three may go at once without a question.
    """
    gone = len(set(known).difference(there))
    if 2 * gone > len(known) and (not is_same or gone > _FEW):
        detail = f"{gone} of {len(known)} repositories are not in the hub's folder; nothing was judged."
        raise StoreNotThere(detail, hint=_HINT)


async def _remember(tools: CareTools, name: str) -> str:
    """Remember the store's name, and return it. Of two processes that name a new store at once, the last one wins."""
    while True:
        await tools.database.write(partial(checks.remember_store, identity=name))
        there = await tools.run(lambda: read_identity(tools.storage.layout))
        if there in {name, None}:
            return name
        name = there


def _on_shelves(layout: Layout) -> dict[str, bool]:
    """Raises OSError; a store from before there was a private shelf has none."""
    found = {f"{SHELF}/{name}": is_folder for name, is_folder in names_in(layout.hub).items()}
    if layout.private_shelf.is_dir():
        found |= {f"{PRIVATE_SHELF}/{name}": is_it for name, is_it in names_in(layout.private_shelf).items()}
    return found


def _identity(layout: Layout) -> str | None:
    try:
        return read_identity(layout)
    except OSError:
        logger.warning("cannot read the store's name", exc_info=True)
        return None


def _known(connection: Connection) -> tuple[set[str], str | None]:
    return records.shelf(connection).stored, checks.store_record(connection).identity
