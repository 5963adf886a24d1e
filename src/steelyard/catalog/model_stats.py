"""``GET /api/models/{id}/stats``: what the shelf and the log know of one model, also of one that is only in the log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from steelyard.catalog import rights
from steelyard.catalog.cards import Card
from steelyard.catalog.errors import ModelMissing, missing
from steelyard.catalog.service import CatalogService
from steelyard.catalog.shapes import ModelStatsAnswer
from steelyard.catalog.views import stats_json
from steelyard.core import ref
from steelyard.core.ref import Reference
from steelyard.http.paths import ModelPath
from steelyard.http.plain import WrittenJson, to_bytes
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.events import EventType
from steelyard.usage.log import AccessHistory
from steelyard.usage.note import note
from steelyard.usage.statistics.answers import Answers, joined
from steelyard.usage.statistics.findings import Detail, ModelSummary
from steelyard.usage.statistics.names import Shelf
from steelyard.usage.statistics.queries import RangeQuery, asker_of, looker_of, range_of
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.statistics.store import Lifetime
from steelyard.usage.statistics.views import answered_json, detail_json, figures_json, iso_of_ms


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a reference means: the name in the answer, the names in the log, and the entry if there is one."""

    name: str
    names: tuple[str, ...]
    card: Card | None


class ModelStatistics:
    """Puts an entry beside its numbers."""

    def __init__(
        self, catalog: CatalogService, statistics: Statistics, shelf: Shelf, history: AccessHistory, answers: Answers
    ) -> None:
        """``answers`` remembers what was told."""
        self._catalog = catalog
        self._shelf = shelf
        self._history = history
        self._answers = answers
        self.statistics = statistics

    async def of(self, reference: Reference, wanted: Range, caller: Caller, *, is_all: bool) -> tuple[str, bytes]:
        """The model's name and the answer; ``is_all`` when nobody said which range, so that uses are counted ever.

        Raises ModelMissing. What was ever done is read each time: whoever asks for a model is one more.
        """
        viewer = rights.viewer(caller)
        asker = asker_of(caller, viewer)
        subject = await self._answers.records((reference, asker), lambda: self._subject(reference, caller, viewer))
        lifetime = await self.statistics.lifetime(subject.names)
        if subject.card is None and not lifetime.reported:
            raise missing(str(reference))
        ever = _ever_outside(lifetime) if subject.card is None else _ever(subject.card, lifetime, is_all=is_all)

        async def read() -> Detail:
            looker = await looker_of(caller, self._history, viewer)
            return (await self.statistics.of_model(subject.names, wanted, looker))[1]

        key = ("model", subject.names, lifetime.first_ms, "uses" in ever, asker)
        figures, detail = await self._answers.of(key, read, lambda found: _parts(found, ever), wanted)
        stats = joined(to_bytes(ever), figures)
        named = to_bytes({"model": subject.name})
        return subject.name, joined(named, b'{"stats":%b}' % stats, stats, detail)

    async def _subject(self, reference: Reference, caller: Caller, viewer: str | None) -> _Subject:
        """An entry, or a model that services report and no entry answers to. Raises ModelMissing for one in the trash
        or hidden: it is nowhere."""
        try:
            card = await self._catalog.look(reference, caller)
        except ModelMissing:
            if await self._catalog.has_ever(reference):
                raise
            name = str(reference.bare)
            shown = await self._shelf.shown([name], viewer) if reference.entry_key is None else {}
            return _Subject(name, tuple(shown), None)
        name = str(card.entry.name)
        return _Subject(name, (name, *card.aliases), replace(card, files=[]))


def add_stats(router: APIRouter, numbers: ModelStatistics, people: People) -> None:
    """The route, beside the others of a model."""

    @router.get("/{reference:path}/stats", summary="The numbers of a model", **answers(ModelStatsAnswer))
    async def get_stats(request: Request, reference: ModelPath, query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted, caller = range_of(numbers.statistics, query), await people.caller(request.scope)
        is_all = query.since is None and query.until is None
        name, answer = await numbers.of(ref.parse(reference), wanted, caller, is_all=is_all)
        note(request, type=EventType.MODEL_ACCESS, model=name)
        return WrittenJson(answer)


def _parts(detail: Detail, ever: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures of a range, without what is told of all time, and all else of it."""
    figures = figures_json(detail.told.figures)
    return [{name: value for name, value in figures.items() if name not in ever}, detail_json(detail)]


def _ever(card: Card, lifetime: Lifetime, *, is_all: bool) -> dict[str, Any]:
    """What is told of all time. Figures are those of the range, and so are the uses when somebody said which."""
    counts = ModelSummary(
        lifetime.requests, lifetime.accesses, lifetime.generations, lifetime.first_ms, lifetime.last_ms
    )
    told = stats_json(replace(card, counts=counts))
    of_range = {*answered_json(None), *([] if is_all else ["uses"])}
    return {name: value for name, value in told.items() if name not in of_range}


def _ever_outside(lifetime: Lifetime) -> dict[str, Any]:
    return {
        "download_count": 0,
        "access_count": lifetime.accesses,
        "total_requests": lifetime.requests,
        "first_downloaded_by": None,
        "first_downloaded_at": None,
        "first_downloaded_from": None,
        "first_used_at": iso_of_ms(lifetime.first_ms),
        "last_used_at": iso_of_ms(lifetime.last_ms),
    }
