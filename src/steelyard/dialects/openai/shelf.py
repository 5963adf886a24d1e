"""The models that somebody may ask, under every name they have."""

from collections.abc import Iterator, Sequence
from typing import Any

from steelyard.catalog import rights
from steelyard.catalog.cards import Card
from steelyard.catalog.errors import ModelMissing, inactive, missing
from steelyard.catalog.listing import EntryFilter
from steelyard.catalog.models import Entry, Revision
from steelyard.catalog.service import CatalogService
from steelyard.core import ref
from steelyard.identity.principal import Caller
from steelyard.serving.offered import is_offered
from steelyard.serving.pick import pick
from steelyard.serving.protocol import Serving

_PAGE = 500


class ModelShelf:
    """The catalog, as OpenAI's clients list it."""

    def __init__(self, catalog: CatalogService, serving: Serving) -> None:
        self._catalog = catalog
        self._serving = serving

    async def all(self, caller: Caller) -> list[dict[str, Any]]:
        """Every model that can be asked, by name, each followed by its aliases; last what only other servers have."""
        wanted, found, offset, total = EntryFilter(viewer=rights.viewer(caller)), list[dict[str, Any]](), 0, 1
        while offset < total:
            total, page = await self._catalog.list_page(wanted, _PAGE, offset)
            for line, _ in page:
                found += _listed(line.entry, line.newest, line.aliases)
            offset += _PAGE
        return found + [foreign_json(name) for name in await self._serving.elsewhere(caller)]

    async def one(self, name: str, caller: Caller) -> dict[str, Any]:
        """A model under any name it has, of a variant that is here. Raises what serving raises for others."""
        try:
            reference = ref.parse(name)
            card: Card = await self._catalog.get(reference, caller)
        except ModelMissing:
            if name in await self._serving.elsewhere(caller):
                return foreign_json(name)
            raise
        if not card.entry.active:
            raise inactive(str(card.entry.name))
        if not is_offered(card.entry, card.revision):
            raise missing(name)
        if reference.variant is not None:
            pick(card.files, reference.variant, str(card.entry.name))
        return model_json(name, card.entry)


def model_json(name: str, entry: Entry) -> dict[str, Any]:
    """One model. ``created`` is since when it is here, in seconds since 1970."""
    told = {
        "id": name,
        "object": "model",
        "created": int(entry.created_at.timestamp()),
        "owned_by": _owner(entry.name.repo),
    }
    context = entry.traits.context_length
    return told | ({"context_length": context} if context else {})


def foreign_json(name: str) -> dict[str, Any]:
    """One model that another server has; since when, nobody tells."""
    return {"id": name, "object": "model", "created": 0, "owned_by": _owner(name)}


def _listed(entry: Entry, newest: Revision | None, aliases: Sequence[str]) -> Iterator[dict[str, Any]]:
    if entry.active and is_offered(entry, newest):
        yield from (model_json(name, entry) for name in (str(entry.name), *aliases))


def _owner(name: str) -> str:
    owner, slash, _ = name.partition("/")
    return owner if slash else "steelyard"
