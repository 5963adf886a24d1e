"""Which sources there are: the built-in ones and those of plug-ins, by the entry point group ``steelyard.sources``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TypeVar

from pydantic import BaseModel

from steelyard.core.clock import Clock
from steelyard.core.errors import BadRequest
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.guard.guard import Guard
from steelyard.sources.guard.networks import Networks
from steelyard.sources.http import CONNECT_SECONDS, RangeClient
from steelyard.sources.pauses import HostPauses
from steelyard.sources.protocol import Source

GROUP = "steelyard.sources"
S = TypeVar("S", bound=BaseModel)


class UnknownSource(BadRequest):
    """No source by that name is installed."""

    slug = "unknown-source"
    title = "There is no such source"


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a source may use: its settings, by its name, and the limits all sources share."""

    settings: Mapping[str, BaseModel]
    clock: Clock
    pauses: HostPauses
    bandwidth: Bandwidth
    allowed_networks: Networks = ()

    def settings_of(self, source: str, model: type[S]) -> S:
        """The settings of one source; the defaults of its model when the depot has none for it."""
        found = self.settings.get(source)
        return found if isinstance(found, model) else model()

    def guard(self, *trusted: str) -> Guard:
        """The guard of a source whose settings name these addresses."""
        return Guard(trusted, self.allowed_networks)

    def range_client(self, guard: Guard, connect_seconds: float = CONNECT_SECONDS) -> RangeClient:
        """A client for file bytes under the shared limits."""
        return RangeClient(guard, self.pauses, self.bandwidth, connect_seconds=connect_seconds)


SourceFactory = Callable[[SourceContext], Source]


class Sources:
    """The sources of one depot, by name."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = dict(sources)

    def get(self, hub: str) -> Source:
        """The source of that name. Raises UnknownSource."""
        if hub not in self._sources:
            known = ", ".join(sorted(self._sources))
            raise UnknownSource(f"No source is called {hub[:60]!r}.", hint=f"Known sources: {known}.")
        return self._sources[hub]

    async def close(self) -> None:
        """Close them all."""
        for source in self._sources.values():
            await source.close()


def load_sources(context: SourceContext) -> Sources:
    """Every installed source, made from its entry point."""
    factories: dict[str, SourceFactory] = {point.name: point.load() for point in entry_points(group=GROUP)}
    return Sources({name: factory(context) for name, factory in factories.items()})
