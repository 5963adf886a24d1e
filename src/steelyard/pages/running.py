"""What the pages about running models show, and the one thing they do: let a model leave memory."""

from typing import Any

from starlette.requests import Request

from steelyard.catalog import rights
from steelyard.catalog.cards import of_line
from steelyard.catalog.listing import EntryFilter
from steelyard.catalog.service import CatalogService
from steelyard.catalog.views import model_json
from steelyard.engines.registry import Engines
from steelyard.identity.people import People
from steelyard.serving.offered import refusal_of
from steelyard.serving.service import ServingService
from steelyard.serving.views import engine_json, memory_json
from steelyard.usage.note import note
from steelyard.web.shelf import RunningState

_MOST = 300  # models to choose from: whoever wants another one begins on its page


class RunningPages:
    """Implements RunningSource."""

    def __init__(self, serving: ServingService, engines: Engines, catalog: CatalogService, people: People) -> None:
        self._serving = serving
        self._engines = engines
        self._catalog = catalog
        self._people = people

    async def running(self, request: Request) -> RunningState:
        """What is in memory, of what they may see, and the engines."""
        caller = await self._people.caller(request.scope)
        loaded = memory_json(self._serving.loaded(caller), self._serving.state(), is_admin=caller.is_admin)
        return RunningState(loaded, [engine_json(one.name, one.availability()) for one in self._engines.all()])

    async def unload(self, model: str, request: Request) -> bool:
        """Take a model out of memory. Raises what ServingService.unload raises."""
        caller = await self._people.caller(request.scope)
        note(request, caller=caller)
        return await self._serving.unload(model, caller)

    async def known(self, request: Request) -> list[dict[str, Any]]:
        """The shelf, what was used last first. Raises DatabaseAway."""
        caller = await self._people.caller(request.scope)
        wanted = EntryFilter(sort="last_used", viewer=rights.viewer(caller))
        _, lines = await self._catalog.list_page(wanted, _MOST, 0)
        return [
            model_json(of_line(line, counts)) | {"unable": refusal_of(line.entry, self._engines)}
            for line, counts in lines
        ]

    async def elsewhere(self, request: Request) -> list[str]:
        """Names of models that only other servers have. Raises DatabaseAway."""
        return list(await self._serving.elsewhere(await self._people.caller(request.scope)))
