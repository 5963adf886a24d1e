"""Statistics of models, people, addresses and the whole depot, from sheets alone: no raw event is read for them."""

import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from heapq import nlargest
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.identity import store as identity
from steelyard.usage.counts import Counts, by_dim, of_bag, of_dim, summed, to_bag
from steelyard.usage.sheets import Bag, Dim, Scope, Sum, code
from steelyard.usage.statistics import store
from steelyard.usage.statistics.cache import Cache
from steelyard.usage.statistics.detail import (
    Share,
    Told,
    merged,
    ordered,
    parameters_by_name,
    shares_of_models,
    shares_of_people,
    tell,
)
from steelyard.usage.statistics.figures import figures_of
from steelyard.usage.statistics.findings import Detail, Matrix, ModelSummary, Shares, Times
from steelyard.usage.statistics.names import Looker, Shelf
from steelyard.usage.statistics.ranges import Range, Step, between
from steelyard.usage.statistics.reading import SheetReader
from steelyard.usage.statistics.store import Lifetime, together
from steelyard.usage.statistics.tally import Tally, counts_of
from steelyard.usage.words import WordKind

T = TypeVar("T")
_UTC = ZoneInfo("UTC")
_MOST_SUMMARIES = 20_000
_KNOWN_AS = 4  # principals of one person, mostly fewer
_SHOWN = 20  # of models, people and addresses beside other numbers


class Statistics:
    """Reads numbers; what is private is left out of them by name, not by count."""

    def __init__(self, depot: Database, usage_log: Database, clock: Clock, shelf: Shelf, seconds: float) -> None:
        """What past days come to is remembered for so many ``seconds`` at most."""
        self._depot = depot
        self._usage_log = usage_log
        self._clock = clock
        self._shelf = shelf
        self.cache: Cache[Tally] = Cache(clock, seconds, weigh=counts_of)
        self._reader = SheetReader(clock, self.cache, Cache(clock, seconds, _MOST_SUMMARIES, weigh=counts_of))
        self._made: Cache[ModelSummary] = Cache(clock, seconds, _MOST_SUMMARIES)
        self.times = Times()

    @property
    def behind(self) -> bool:
        """Whether what was told last leaves out all that waits to be folded, since it is too much."""
        return self._reader.behind

    def range(
        self, period: Step = Step.DAY, place: ZoneInfo = _UTC, since: datetime | None = None,
        until: datetime | None = None,
    ) -> Range:  # fmt: skip
        """The range that is meant, as ``ranges.between`` says. Raises Invalid."""
        return between(self._clock.now(), period, place, since, until)

    async def of_model(self, names: Collection[str], wanted: Range, looker: Looker) -> tuple[Lifetime, Detail]:
        """What was done with a model, known in the log by these names."""

        def work(connection: Connection) -> tuple[Lifetime, Told, dict[int, str]]:
            words = set(store.model_words(connection, names).values())
            lifetime = together(self._reader.lifetimes(connection, words).values())
            told = tell(self._reader.tally(connection, Scope.MODEL, words, wanted), wanted, lifetime.first_ms)
            return lifetime, told, self._texts(connection, told)

        lifetime, told, texts = await self._read(work)
        return lifetime, await self._detail(told, texts, looker, of_models=False)

    async def lifetime(self, names: Collection[str]) -> Lifetime:
        """What was ever done with a model, known in the log by these names."""

        def work(connection: Connection) -> Lifetime:
            words = set(store.model_words(connection, names).values())
            return together(self._reader.lifetimes(connection, words).values())

        return await self._read(work)

    async def of_people(self, principals: frozenset[int], wanted: Range, looker: Looker) -> Detail:
        """What somebody did, who is these principals."""
        is_own = principals <= looker.own
        return await self._of(Scope.PRINCIPAL, lambda _: principals, wanted, looker, is_own=is_own)

    async def of_address(self, address: str, wanted: Range, looker: Looker) -> Detail:
        """What was asked from an address, as the log has it."""

        def word(connection: Connection) -> Collection[int]:
            return store.exact_words(connection, WordKind.ADDRESS, [address]).values()

        return await self._of(Scope.ADDRESS, word, wanted, looker)

    async def of_depot(self, wanted: Range, looker: Looker) -> Detail:
        """Everything."""
        return await self._of(Scope.DEPOT, lambda _: [0], wanted, looker)

    async def models(self, wanted: Range, looker: Looker) -> dict[str, Share]:
        """What each model has of the whole."""

        return merged(*await self._by_model(wanted, looker))

    async def people(self, wanted: Range, looker: Looker) -> dict[str, Share]:
        """What each person has of the whole; only their own for whoever is no administrator."""
        shares = await self._read(lambda connection: shares_of_people(by_dim(self._whole(connection, wanted))))
        return await self._by_person(shares, looker)

    async def bill(self, wanted: Range, looker: Looker) -> Shares:
        """What everything came to, by model and by person."""

        def work(connection: Connection) -> tuple[int, dict[int, Share], dict[int, Share], dict[int, str]]:
            whole = self._whole(connection, wanted)
            parts = by_dim(whole)
            models = shares_of_models(parts)
            busy_us = whole.of(code(Dim.SUM, Sum.GENERATING_US))
            return busy_us, models, shares_of_people(parts), store.texts(connection, models.keys())

        busy_us, models, people, texts = await self._read(work)
        shown = merged(models, await self._seen_models(texts, looker))
        return Shares(busy_us, shown, await self._by_person(people, looker))

    async def matrix(self, wanted: Range, looker: Looker, size: int) -> Matrix:
        """Who used what: the ``size`` models and people with the most uses."""
        shares, names = await self._by_model(wanted, looker)
        columns = [name for name, _ in ordered(merged(shares, names))[:size]]
        of_column = {word: name for word, name in names.items() if name in columns}
        by_word = await self._read(lambda one: self._reader.counts(one, Scope.MODEL, of_column, wanted))
        cells = {
            name: of_dim(summed(by_word[word] for word in by_word if of_column[word] == name), Dim.USES_OF_PRINCIPAL)
            for name in columns
        }
        return await self._matrix(wanted, looker, cells, size)

    async def _matrix(self, wanted: Range, looker: Looker, cells: Mapping[str, Bag], size: int) -> Matrix:
        """``cells`` has by model the uses of each principal."""
        everybody = to_bag(summed(map(of_bag, cells.values())))
        busiest = nlargest(size * _KNOWN_AS, everybody, key=lambda one: everybody[one])
        people = await self._names(busiest if looker.is_admin else everybody, looker)
        rows: dict[str, list[int]] = {}
        for principal, name in people.items():
            row = rows.setdefault(name, [0] * len(cells))
            for column, bag in enumerate(cells.values()):
                row[column] += bag.get(principal, 0)
        shown = sorted((name for name in rows if any(rows[name])), key=lambda name: (-sum(rows[name]), name))[:size]
        return Matrix(wanted, shown, list(cells), [rows[name] for name in shown])

    async def summaries(self, models: Mapping[str, Collection[str]]) -> dict[str, ModelSummary]:
        """A summary of each of these models, which the log knows by these names: 30 days of UTC."""
        wanted = self.range()
        names = {name for several in models.values() for name in several}

        def work(connection: Connection) -> tuple[dict[str, int], dict[int, tuple[Tally, ...]], dict[int, Lifetime]]:
            words = store.model_words(connection, names)
            numbers = set(words.values())
            tallies = self._reader.daily(connection, Scope.MODEL, numbers, wanted)
            return words, tallies, self._reader.lifetimes(connection, numbers)

        words, tallies, lifetimes = await self._read(work)
        found = {}
        for model, several in models.items():
            numbers = store.numbers_of(words, several)
            ever = together(lifetimes[number] for number in numbers if number in lifetimes)
            found[model] = self._summary(model, [part for number in numbers for part in tallies[number]], ever, wanted)
        return found

    def _summary(self, model: str, tallies: list[Tally], ever: Lifetime, wanted: Range) -> ModelSummary:
        """Made anew when anything it is made of is new."""
        mark = (tuple(tallies), ever, wanted)
        found = self._made.get(model, mark)
        if found is None:
            tally = Tally()
            for one in tallies:
                tally.add(one)
            figures = figures_of(tally, wanted, ever.first_ms) if tallies else None
            found = ModelSummary(ever.requests, ever.accesses, ever.generations, ever.first_ms, ever.last_ms, figures)
            self._made.keep(model, mark, found)
        return found

    async def _of(
        self, scope: Scope, subjects: Callable[[Connection], Collection[int]], wanted: Range, looker: Looker, *,
        is_own: bool = False,
    ) -> Detail:  # fmt: skip
        def work(connection: Connection) -> tuple[Told, dict[int, str]]:
            told = tell(self._reader.tally(connection, scope, subjects(connection), wanted), wanted)
            return told, self._texts(connection, told)

        told, texts = await self._read(work)
        return await self._detail(told, texts, looker, of_models=True, is_own=is_own)

    async def _by_model(self, wanted: Range, looker: Looker) -> tuple[dict[int, Share], dict[int, str]]:
        """What each model has, by word, and the names that the looker sees of them."""

        def work(connection: Connection) -> tuple[dict[int, Share], dict[int, str]]:
            shares = shares_of_models(by_dim(self._whole(connection, wanted)))
            return shares, store.texts(connection, shares.keys())

        shares, texts = await self._read(work)
        return shares, await self._seen_models(texts, looker)

    def _whole(self, connection: Connection, wanted: Range) -> Counts:
        return self._reader.counts(connection, Scope.DEPOT, [0], wanted)[0]

    @staticmethod
    def _texts(connection: Connection, told: Told) -> dict[int, str]:
        return store.texts(connection, {*told.words, *told.models, *told.addresses})

    async def _detail(
        self, told: Told, texts: Mapping[int, str], looker: Looker, *, of_models: bool, is_own: bool = False
    ) -> Detail:
        models = {word: texts[word] for word in told.models if word in texts}
        shares = merged(told.models, await self._seen_models(models, looker)) if of_models else {}
        return Detail(
            told=told,
            parameters=parameters_by_name(told.parameters, texts),
            types=_spelled(told.types, texts),
            errors=_spelled(told.errors, texts),
            agents=_spelled(told.agents, texts) if looker.is_admin or is_own else {},
            models=ordered(shares)[:_SHOWN],
            people=ordered(await self._by_person(told.people, looker))[:_SHOWN],
            addresses=ordered(merged(told.addresses, texts), "requests")[:_SHOWN] if looker.is_admin else [],
        )

    async def _seen_models(self, texts: Mapping[int, str], looker: Looker) -> dict[int, str]:
        shown = await self._shelf.shown(set(texts.values()), looker.viewer)
        return {word: shown[text] for word, text in texts.items() if text in shown}

    async def _by_person(self, shares: Mapping[int, Share], looker: Looker) -> dict[str, Share]:
        return merged(shares, await self._names(shares.keys(), looker))

    async def _names(self, principals: Collection[int], looker: Looker) -> dict[int, str]:
        """What people see those principals by whose numbers may be seen."""
        seen = {one for one in principals if looker.is_admin or one in looker.own}
        return await self._depot.read(lambda connection: identity.names(connection, seen)) if seen else {}

    async def _read(self, work: Callable[[Connection], T]) -> T:
        began = time.perf_counter()
        try:
            return await self._usage_log.read(work)
        finally:
            took = time.perf_counter() - began
            self.times.number += 1
            self.times.total += took
            self.times.longest = max(self.times.longest, took)


def _spelled(counts: Mapping[int, int], texts: Mapping[int, str]) -> dict[str, int]:
    """In order, the most usual first."""
    most = sorted(counts.items(), key=lambda one: (-one[1], texts.get(one[0], "")))
    return {texts[number]: count for number, count in most if number in texts}
