"""``/api/tags``, ``/api/show``, ``/api/ps``, and what changes the shelf: copy, create, delete."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from steelyard.catalog import rights
from steelyard.catalog.aliases import parse_alias
from steelyard.catalog.cards import Card
from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.listing import EntryFilter, Line
from steelyard.catalog.naming import Naming
from steelyard.catalog.service import CatalogService
from steelyard.catalog.trash import TrashService
from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.core.ref import Reference
from steelyard.core.version import __version__
from steelyard.dialects.ollama.bodies import CopyBody, CreateBody, NamedBody
from steelyard.dialects.ollama.making import made, require_makeable
from steelyard.dialects.ollama.names import clean, whole
from steelyard.dialects.ollama.reading import read_body
from steelyard.dialects.ollama.refusals import no_blob, no_push
from steelyard.dialects.ollama.shelf_shapes import Shown, foreign, foreign_shown, loaded, once_each, shown, tag
from steelyard.dialects.ollama.talking import NDJSON, line
from steelyard.http.plain import PlainJson
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.serving.offered import is_offered
from steelyard.serving.preset import Preset
from steelyard.serving.presets import Presets, put
from steelyard.serving.protocol import LoadedModel, Serving
from steelyard.usage.events import EventType
from steelyard.usage.note import note

PROTOCOL = "0.12.11"  # the version of Ollama whose protocol this is; programs refuse to work with much older ones
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Shelf:
    """The services behind. ``has_gpu``: models are loaded onto cards."""

    catalog: CatalogService
    naming: Naming
    trash: TrashService
    serving: Serving
    presets: Presets
    people: People
    clock: Clock
    has_gpu: bool = False


class ShelfCalls:
    """Everything about models that asks none of them anything."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def version(self, _request: Request) -> Response:
        """``GET /api/version``."""
        return PlainJson({"version": PROTOCOL, "steelyard": __version__})

    async def tags(self, request: Request) -> Response:
        """``GET /api/tags``: every model that could be asked, and every alias; last what only other servers have."""
        caller = await self._caller(request)
        note(request, type=EventType.MODEL_LIST, caller=caller)
        models = [
            tag(name, one.entry, one.newest)
            async for one in self._lines(caller)
            if one.entry.active and is_offered(one.entry, one.newest)
            for name in (str(one.entry.name), *one.aliases)
        ]
        now = self._shelf.clock.now()
        models += [foreign(name, now) for name in await self._shelf.serving.elsewhere(caller)]
        return PlainJson({"models": models})

    async def ps(self, request: Request) -> Response:
        """``GET /api/ps``."""
        caller, now = await self._caller(request), self._shelf.clock.now()
        models = once_each(self._shelf.serving.loaded(caller))
        return PlainJson({"models": [await self._loaded(model, caller, now) for model in models]})

    async def show(self, request: Request) -> Response:
        """``POST /api/show``: as it would be run. What could not be asked is refused in the same way."""
        name, caller = clean((await read_body(request, NamedBody)).model), await self._caller(request)
        found = await self._shelf.serving.about(name, caller)
        note(request, type=EventType.MODEL_ACCESS, caller=caller, model=found.name)
        if found.entry is None:
            return PlainJson(foreign_shown(name, self._shelf.clock.now()))
        card = await self._shelf.catalog.get(ref.parse(name), caller)
        facts = {"steelyard.revision": card.revision.commit} if card.revision else {}
        return PlainJson(shown(name, card.entry, found, facts))

    async def copy(self, request: Request) -> Response:
        """``POST /api/copy``: a model gets one more name."""
        body, caller = await read_body(request, CopyBody), await self._caller(request)
        source = whole(body.source)
        await self._named(request, source, body.destination, await self._shelf.presets.of(source, caller))
        return Response()

    async def create(self, request: Request) -> Response:
        """``POST /api/create``: a name for a model, with an instruction and parameters of its own."""
        body, caller = await read_body(request, CreateBody), await self._caller(request)
        base = whole(require_makeable(body))
        await self._named(request, base, body.model, made(body, await self._shelf.presets.of(base, caller)))
        if body.stream is False:
            return PlainJson({"status": "success"})
        return StreamingResponse(_steps("using existing layer", "writing manifest", "success"), media_type=NDJSON)

    async def delete(self, request: Request) -> Response:
        """``DELETE /api/delete``: an alias is forgotten, a model goes into the trash."""
        reference = whole((await read_body(request, NamedBody)).model)
        caller = await self._caller(request)
        entry = await self._shelf.naming.take(reference, caller)
        if entry is not None:
            note(request, type=EventType.MODEL_UPDATE, caller=caller, model=str(entry.name))
            return Response()
        deletion = await self._shelf.trash.delete(reference, caller)
        note(request, type=EventType.MODEL_DELETE, caller=caller, model=str(deletion.entry.name))
        return Response()

    async def push(self, request: Request) -> Response:
        """``POST /api/push``: models go in by another way."""
        raise no_push((await read_body(request, NamedBody)).model)

    async def blob(self, request: Request) -> Response:
        """``HEAD`` and ``POST /api/blobs/{digest}``: nothing is here under such a name, nothing is taken."""
        if request.method == "HEAD":
            return Response(status_code=404)
        raise no_blob()

    async def _named(self, request: Request, source: Reference, name: str, preset: Preset) -> None:
        """A name, and what goes with it: both are there, or neither."""
        alias, caller = parse_alias(clean(name)), await self._caller(request)
        keep = partial(put, alias=alias, preset=preset)
        entry = await self._shelf.naming.give(source, alias, caller, keep)
        note(request, type=EventType.MODEL_UPDATE, caller=caller, model=str(entry.name))

    async def _caller(self, request: Request) -> Caller:
        return await self._shelf.people.caller(request.scope)

    async def _lines(self, caller: Caller) -> AsyncIterator[Line]:
        wanted, offset, total = EntryFilter(viewer=rights.viewer(caller)), 0, 1
        while offset < total:
            total, lines = await self._shelf.catalog.list_page(wanted, _PAGE, offset)
            for one, _ in lines:
                yield one
            offset += _PAGE

    async def _loaded(self, model: LoadedModel, caller: Caller, now: datetime) -> Shown:
        has_gpu = self._shelf.has_gpu
        try:
            card: Card = await self._shelf.catalog.get(ref.parse(model.model), caller)
        except ModelMissing:
            return loaded(model, None, None, now, has_gpu=has_gpu)
        return loaded(model, card.entry, card.revision.commit if card.revision else None, now, has_gpu=has_gpu)


async def _steps(*steps: str) -> AsyncIterator[bytes]:
    for step in steps:
        yield line({"status": step})
