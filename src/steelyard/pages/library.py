"""What the library shows."""

from typing import Any

from starlette.requests import Request

from steelyard.advice.overview import Overview, action_json
from steelyard.catalog import rights
from steelyard.catalog.cards import of_line
from steelyard.catalog.listing import EntryFilter
from steelyard.catalog.models import ModelStatus
from steelyard.catalog.service import CatalogService
from steelyard.catalog.views import model_json
from steelyard.identity.people import People
from steelyard.pages.work import COMING, Work
from steelyard.storage.space import Space
from steelyard.web.query import LibraryQuery
from steelyard.web.shelf import Facets
from steelyard.web.shelf import Overview as PageOverview


class LibraryPages:
    """Implements LibrarySource."""

    def __init__(self, overview: Overview, catalog: CatalogService, work: Work, people: People, space: Space) -> None:
        self._overview = overview
        self._catalog = catalog
        self._work = work
        self._people = people
        self._space = space

    async def overview(self, request: Request) -> PageOverview:
        """The totals now."""
        totals = await self._overview.totals(await self._viewer(request))
        return PageOverview(
            models=totals.models,
            bytes_held=totals.stored_bytes,
            bytes_free=await self._space.free_or_none(),
            people=totals.people,
            requests=totals.requests,
            downloads=totals.downloads,
            recent_activity=[action_json(action) for action in totals.recent],
        )

    async def coming_in(self, request: Request) -> list[dict[str, Any]]:
        """Live downloads and imports and the last failures."""
        return await self._work.now(await self._viewer(request), COMING)

    async def facets(self, request: Request) -> Facets:
        """What the library can be narrowed by."""
        found = await self._catalog.facets(await self._viewer(request))
        return Facets(found.status, found.format, found.owner)

    async def models(self, query: LibraryQuery, request: Request) -> tuple[int, list[dict[str, Any]]]:
        """How many models match, and one page of them."""
        wanted = EntryFilter(
            text=query.q, status=ModelStatus(query.status) if query.status else None, format=query.format,
            owner=query.owner, sort=query.sort, viewer=await self._viewer(request),
        )  # fmt: skip
        count, lines = await self._catalog.list_page(wanted, query.limit, query.offset)
        return count, [model_json(of_line(line, counts)) for line, counts in lines]

    async def _viewer(self, request: Request) -> str | None:
        return rights.viewer(await self._people.caller(request.scope))
