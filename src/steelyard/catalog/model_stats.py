"""``GET /api/models/{id}/stats``: what the shelf and the log know of one model, also of one that is only in the log."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from steelyard.catalog import rights
from steelyard.catalog.cards import Card
from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.service import CatalogService
from steelyard.catalog.shapes import ModelStatsAnswer
from steelyard.catalog.views import stats_json
from steelyard.core import ref
from steelyard.core.ref import Reference
from steelyard.http.paths import ModelPath
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.events import EventType
from steelyard.usage.log import AccessHistory
from steelyard.usage.note import note
from steelyard.usage.statistics.findings import Detail
from steelyard.usage.statistics.names import Looker, Shelf
from steelyard.usage.statistics.queries import RangeQuery, looker_of, range_of
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.statistics.store import Lifetime
from steelyard.usage.statistics.views import detail_json, figures_json, iso_of_ms


class ModelStatistics:
    """Puts an entry beside its numbers."""

    def __init__(self, catalog: CatalogService, statistics: Statistics, shelf: Shelf, history: AccessHistory) -> None:
        self._catalog = catalog
        self._shelf = shelf
        self._history = history
        self.statistics = statistics

    async def of(self, reference: Reference, wanted: Range, caller: Caller, *, is_all: bool) -> dict[str, Any]:
        """The answer; ``is_all`` when nobody said which range, so that uses are counted ever. Raises ModelMissing."""
        looker = await looker_of(caller, self._history, rights.viewer(caller))
        try:
            card = await self._catalog.get(reference, caller)
        except ModelMissing:
            if await self._catalog.has_ever(reference):  # in the trash or hidden: nowhere
                raise
            outside = await self._outside(reference, wanted, looker)
            if outside is None:
                raise
            return outside
        name = str(card.entry.name)
        _, detail = await self.statistics.of_model((name, *card.aliases), wanted, looker)
        return _answer(name, _stats(card, detail, is_all=is_all), detail)

    async def _outside(self, reference: Reference, wanted: Range, looker: Looker) -> dict[str, Any] | None:
        """A model that services report and no entry answers to; None for one that nobody used."""
        name = str(reference.bare)
        shown = await self._shelf.shown([name], looker.viewer) if reference.entry_key is None else {}
        lifetime, detail = await self.statistics.of_model(list(shown), wanted, looker)
        return None if not lifetime.reported else _answer(name, _stats_outside(lifetime, detail), detail)


def add_stats(router: APIRouter, numbers: ModelStatistics, people: People) -> None:
    """The route, beside the others of a model."""

    @router.get("/{reference:path}/stats", summary="The numbers of a model", **answers(ModelStatsAnswer))
    async def get_stats(
        request: Request, reference: ModelPath, query: Annotated[RangeQuery, Query()]
    ) -> dict[str, Any]:
        wanted, caller = range_of(numbers.statistics, query), await people.caller(request.scope)
        is_all = query.since is None and query.until is None
        answer = await numbers.of(ref.parse(reference), wanted, caller, is_all=is_all)
        note(request, type=EventType.MODEL_ACCESS, model=answer["model"])
        return answer


def _answer(name: str, stats: dict[str, Any], detail: Detail) -> dict[str, Any]:
    return {"model": name, "stats": stats, **stats, **detail_json(detail)}


def _stats(card: Card, detail: Detail, *, is_all: bool) -> dict[str, Any]:
    ever, figures = stats_json(card), figures_json(detail.told.figures)
    return {**ever, **figures, "uses": ever["uses"] if is_all else figures["uses"]}


def _stats_outside(lifetime: Lifetime, detail: Detail) -> dict[str, Any]:
    return {
        "download_count": 0,
        "access_count": lifetime.accesses,
        "total_requests": lifetime.requests,
        "first_downloaded_by": None,
        "first_downloaded_at": None,
        "first_downloaded_from": None,
        "first_used_at": iso_of_ms(lifetime.first_ms),
        "last_used_at": iso_of_ms(lifetime.last_ms),
        **figures_json(detail.told.figures),
    }
