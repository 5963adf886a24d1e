"""The way in for what other services report, wired."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.identity.people import People
from steelyard.usage.intake.limits import IntakeLimits
from steelyard.usage.intake.lookup import Lookup, NamesOf
from steelyard.usage.intake.service import Intake
from steelyard.usage.intake.unfinished import Unfinished
from steelyard.usage.keys import DAY_MS
from steelyard.usage.rush import Rush
from steelyard.usage.settings import UsageSettings
from steelyard.usage.turns import Turns

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class IntakeHouse:
    """Takes events in, and looks after starts that wait for their end. ``background`` is to be kept running."""

    intake: Intake
    unfinished: Unfinished
    background: Mapping[str, Callable[[], Awaitable[None]]]


def gather_intake(
    settings: UsageSettings, usage_log: Database, people: People, names_of: NamesOf, clock: Clock, turns: Turns,
    rush: Rush,
) -> IntakeHouse:  # fmt: skip
    """Wire it, and start nothing. ``names_of`` gives the names that records have of models; ``rush`` is told of large
    batches."""
    limits = IntakeLimits(
        oldest_ms=settings.event_days * DAY_MS,
        unfinished_ms=round(settings.unfinished_minutes * _MINUTE_MS),
        stores_prompts=settings.store_prompts,
    )
    unfinished = Unfinished(usage_log, clock, turns, limits)
    intake = Intake(usage_log, Lookup(people, names_of, clock), clock, limits, rush)
    return IntakeHouse(intake, unfinished, {"unfinished": unfinished.run})
