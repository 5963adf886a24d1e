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
from steelyard.usage.sealing import Sealing
from steelyard.usage.spool_files import FileSpool
from steelyard.usage.statistics.books import Books
from steelyard.usage.statistics.costs import Prices
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
    fold: Fold
    sealing: Sealing
    blocks: Blocks
    erasure: Erasure
    retention: Retention
    statistics: Statistics
    books: Books
    background: Mapping[str, Callable[[], Awaitable[None]]]


def gather_usage(settings: Settings, database: Database, usage_log: Database, clock: Clock, shelf: Shelf) -> UsageHouse:
    """Wire it, and start nothing. ``shelf`` tells statistics what models are here."""
    spool = FileSpool(settings.home.expanduser() / "spool", clock, limit=settings.usage.spool_bytes)
    recorder = Recorder(usage_log, clock, spool)
    usage_log.before_read(recorder.settled)
    turns = Turns(usage_log)
    fold, sealing, blocks = Fold(usage_log, clock, turns), Sealing(turns, clock), Blocks(turns, clock)
    statistics = Statistics(database, usage_log, clock, shelf, settings.usage.cache_ttl_minutes * 60)
    kept = settings.usage
    retention = Retention(usage_log, turns, clock, kept.event_days, kept.sheet_days)
    costs = settings.costs
    return UsageHouse(
        recorder=recorder,
        history=AccessHistory(database, usage_log),
        turns=turns,
        fold=fold,
        sealing=sealing,
        blocks=blocks,
        erasure=Erasure(usage_log, turns),
        retention=retention,
        statistics=statistics,
        books=Books(statistics, shelf, Prices(costs.gpu_hour, costs.gb_month, costs.currency)),
        background={
            "recorder": recorder.run,
            "fold": fold.run,
            "sealing": sealing.run,
            "blocks": blocks.run,
            "retention": retention.run,
        },
    )
