"""Everything about usage, wired: what writes events, counts them, and reads them back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.settings import Settings
from steelyard.usage.blocks import Blocks
from steelyard.usage.erasure import Erasure
from steelyard.usage.fold import Fold
from steelyard.usage.log import AccessHistory
from steelyard.usage.recorder import Recorder
from steelyard.usage.retention import Retention
from steelyard.usage.rush import Rush
from steelyard.usage.sealing import Sealing
from steelyard.usage.spool_files import FileSpool
from steelyard.usage.statistics.answers import Answers
from steelyard.usage.statistics.books import Books
from steelyard.usage.statistics.costs import Prices
from steelyard.usage.statistics.holdings import Holdings
from steelyard.usage.statistics.names import Shelf
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.turns import Turns


@dataclass(frozen=True, slots=True)
class UsageHouse:
    """What the rest of the house records and reads. ``background`` is to be kept running; it ends backwards, the
    recorder last, since everything else may still record."""

    recorder: Recorder
    history: AccessHistory
    turns: Turns
    rush: Rush
    fold: Fold
    sealing: Sealing
    blocks: Blocks
    erasure: Erasure
    retention: Retention
    statistics: Statistics
    answers: Answers
    books: Books
    background: Mapping[str, Callable[[], Awaitable[None]]]


def gather_usage(settings: Settings, database: Database, usage_log: Database, clock: Clock, shelf: Shelf) -> UsageHouse:
    """Wire it, and start nothing. ``shelf`` tells statistics what models are here."""
    spool = FileSpool(settings.home.expanduser() / "spool", clock, limit=settings.usage.spool_bytes)
    recorder = Recorder(usage_log, clock, spool)
    usage_log.before_read(recorder.settled)
    turns, rush = Turns(usage_log), Rush(clock)
    fold = Fold(usage_log, clock, turns, gives_way=lambda: rush.is_on)
    sealing, blocks = Sealing(turns, clock), Blocks(turns, clock)
    kept = settings.usage
    remembered_seconds = kept.cache_ttl_minutes * 60
    statistics = Statistics(database, usage_log, clock, shelf, remembered_seconds)
    retention = Retention(usage_log, turns, clock, kept.event_days, kept.sheet_days)
    holdings = Holdings(usage_log, shelf.held, clock)
    costs = settings.costs
    return UsageHouse(
        recorder=recorder,
        history=AccessHistory(database, usage_log),
        turns=turns,
        rush=rush,
        fold=fold,
        sealing=sealing,
        blocks=blocks,
        erasure=Erasure(usage_log, turns),
        retention=retention,
        statistics=statistics,
        answers=Answers(usage_log, database.version, clock, remembered_seconds, lambda: statistics.behind),
        books=Books(statistics, shelf, holdings, Prices(costs.gpu_hour, costs.gb_month, costs.currency)),
        background={
            "recorder": recorder.run,
            "fold": fold.run,
            "sealing": sealing.run,
            "blocks": blocks.run,
            "retention": retention.run,
            "retention of words": retention.words.run,
            "holdings": holdings.run,
        },
    )
