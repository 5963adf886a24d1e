"""What the insights page shows."""

from starlette.requests import Request

from steelyard.catalog import rights
from steelyard.core.clock import Clock
from steelyard.http.moments import in_utc
from steelyard.identity.people import People
from steelyard.usage.log import AccessHistory
from steelyard.usage.statistics.books import Books
from steelyard.usage.statistics.queries import looker_of
from steelyard.usage.statistics.ranges import Range, Step
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.statistics.views import answer_json, costs_json, growth_json, matrix_json
from steelyard.usage.statistics.zones import zone
from steelyard.web.insights_query import InsightsQuery, InsightsState

_MATRIX = 12  # people and models


class InsightsPages:
    """Implements InsightsSource."""

    def __init__(
        self, statistics: Statistics, books: Books, history: AccessHistory, people: People, clock: Clock
    ) -> None:
        self._statistics = statistics
        self._books = books
        self._history = history
        self._people = people
        self._clock = clock

    async def insights(self, query: InsightsQuery, request: Request) -> InsightsState:
        """The numbers of a range. Raises Invalid, DatabaseAway."""
        caller, wanted = await self._people.caller(request.scope), self._range(query)
        looker = await looker_of(caller, self._history, rights.viewer(caller))
        return InsightsState(
            system=answer_json(await self._statistics.of_depot(wanted, looker)),
            matrix=matrix_json(await self._statistics.matrix(wanted, looker, _MATRIX)),
            growth=growth_json(wanted, *await self._books.growth(wanted)),
            costs=costs_json(await self._books.costs(wanted, looker)),
        )

    def _range(self, query: InsightsQuery) -> Range:
        """From the first moment of the first day there, so that every bar is a whole day."""
        place = zone(query.tz)
        return self._statistics.range(
            Step(query.period), place, in_utc(query.since(self._clock.now().astimezone(place)))
        )
