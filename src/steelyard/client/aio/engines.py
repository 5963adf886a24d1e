"""Engines, and the models that they hold in memory."""

from steelyard.client.aio.connection import Sender
from steelyard.client.call import Call, page, shape
from steelyard.client.shapes import EnginePage, LoadedPage, Unloaded

_ENGINES = "/api/v1/engines"


class Engines:
    """``client.engines``."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    async def list(self) -> EnginePage:
        """All engines, the one that is tried first in front; what cannot be used says why, and what helps."""
        return await self._wire.send(Call("GET", _ENGINES, page(EnginePage, "engines")))

    async def loaded(self) -> LoadedPage:
        """What is in memory, of what you may see, and how much may be."""
        return await self._wire.send(Call("GET", f"{_ENGINES}/loaded", page(LoadedPage, "models")))

    async def unload(self, model: str) -> Unloaded:
        """Take a model out of memory once the requests that use it are answered. Raises NotFound."""
        return await self._wire.send(Call("POST", f"{_ENGINES}/unload", shape(Unloaded), json={"model": model}))
