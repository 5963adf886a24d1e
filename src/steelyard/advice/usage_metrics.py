"""What ``/metrics`` tells of the usage log: what waits, what was counted, and how well statistics are remembered."""

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError

from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.db.size import bytes_of
from steelyard.usage import hot
from steelyard.usage.fold import Fold
from steelyard.usage.intake.service import Intake
from steelyard.usage.retention import Retention
from steelyard.usage.statistics.answers import Answers
from steelyard.usage.statistics.service import Statistics


class UsageMetrics:
    """Reads it all when somebody scrapes."""

    def __init__(
        self,
        depot: Database,
        usage_log: Database,
        statistics: Statistics,
        answers: Answers,
        fold: Fold,
        retention: Retention,
        intake: Intake,
    ) -> None:
        self._depot = depot
        self._usage_log = usage_log
        self._statistics = statistics
        self._answers = answers
        self._fold = fold
        self._retention = retention
        self._intake = intake

    async def families(self) -> list[Metric]:
        """The metric families now; without those that only a database knows while it is away."""
        remembered = _remembered(self._statistics, self._answers)
        own = (
            remembered,
            _statistics(self._statistics),
            _fold(self._fold),
            _purged(self._retention),
            _reported(self._intake),
        )
        return [*(family for families in own for family in families), *await self._stored()]

    async def _stored(self) -> list[Metric]:
        sizes = GaugeMetricFamily("steelyard_database_bytes", "What a database takes", labels=["database"])
        try:
            for name, database in (("depot", self._depot), ("usage", self._usage_log)):
                sizes.add_metric([name], await database.read(bytes_of))
            waiting = await self._usage_log.read(hot.waiting)
        except (SQLAlchemyError, Unavailable):
            return []
        return [sizes, GaugeMetricFamily("steelyard_events_unfolded", "Events that are in no sheet yet", waiting)]


def _remembered(statistics: Statistics, answers: Answers) -> Iterator[Metric]:
    """Of past days, which every answer that is made needs, and of whole answers."""
    name, of = "steelyard_statistics_cache", ["of"]
    hits = CounterMetricFamily(f"{name}_hits", "What was remembered", labels=of)
    misses = CounterMetricFamily(f"{name}_misses", "What had to be read", labels=of)
    entries = GaugeMetricFamily(f"{name}_entries", "How much is remembered", labels=of)
    rates = GaugeMetricFamily(f"{name}_hit_rate", "Hits as a part of both", labels=of)
    for what, cache in (("days", statistics.cache), ("answers", answers.cache)):
        hits.add_metric([what], cache.hits)
        misses.add_metric([what], cache.misses)
        entries.add_metric([what], len(cache))
        if cache.hit_rate is not None:
            rates.add_metric([what], cache.hit_rate)
    yield from (hits, misses, entries, rates)


def _statistics(statistics: Statistics) -> Iterator[Metric]:
    times = statistics.times
    yield CounterMetricFamily("steelyard_statistics_queries", "Statistics that were read", times.number)
    yield CounterMetricFamily("steelyard_statistics_query_seconds", "How long that took, in all", times.total)
    yield GaugeMetricFamily("steelyard_statistics_query_longest_seconds", "The longest of them", times.longest)


def _fold(fold: Fold) -> Iterator[Metric]:
    figures = fold.figures
    yield CounterMetricFamily("steelyard_events_folded", "Events counted into sheets by this process", figures.folded)
    name, text = "steelyard_events_set_aside", "Events that could not be counted as they came"
    yield CounterMetricFamily(name, text, figures.set_aside)
    yield GaugeMetricFamily("steelyard_fold_longest_seconds", "Its longest write", figures.longest_write_seconds)


def _purged(retention: Retention) -> Iterator[Metric]:
    name, text = "steelyard_usage_rows_purged", "What this process deleted since it was too old"
    rows = CounterMetricFamily(name, text, labels=["of"])
    rows.add_metric(["events"], retention.purged_events)
    rows.add_metric(["sheets"], retention.purged_sheets)
    rows.add_metric(["words"], retention.words.removed)
    yield rows


def _reported(intake: Intake) -> Iterator[Metric]:
    name, text = "steelyard_events_reported", "Events that other services reported to this process"
    events = CounterMetricFamily(name, text, labels=["outcome"])
    for outcome, count in intake.outcomes.items():
        events.add_metric([outcome], count)
    yield events
