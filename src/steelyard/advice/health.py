"""Whether the depot is well: ``GET /health`` for people and monitors, live and ready for schedulers."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from steelyard.catalog.held import HeldBytes
from steelyard.core.clock import Clock
from steelyard.core.version import __version__
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.jobs.service import JobService
from steelyard.storage.space import Space
from steelyard.usage.recorder import Recorder

logger = logging.getLogger(__name__)
_LATE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What health is judged by."""

    database_ok: bool
    bytes_free: int | None
    keep_free: int
    lag_seconds: float
    dropped: int
    workers: int


def verdict(facts: Facts) -> str:
    """``ok``, ``degraded`` (it works, somebody should look) or ``error`` (it cannot serve)."""
    if not facts.database_ok or facts.bytes_free is None:
        return "error"
    late = facts.lag_seconds > _LATE_SECONDS or facts.dropped > 0
    return "degraded" if late or facts.bytes_free < facts.keep_free or facts.workers == 0 else "ok"


class Pulse(Protocol):
    """Running models in a few numbers; ``serving.pulse.Pulse`` counts them."""

    async def report(self) -> dict[str, Any]:
        """``cache``, ``backends``, ``gpu`` and ``models``, as ``GET /health`` shows them."""


class Health:
    """Asks every part how it is."""

    def __init__(
        self,
        database: Database,
        jobs: JobService,
        space: Space,
        recorder: Recorder,
        held: HeldBytes,
        clock: Clock,
        keep_free: int,
        roles: Sequence[str],
        clock_offset: float,
        pulse: Pulse,
        *,
        is_behind: Callable[[], bool] = lambda: False,
        is_demo: bool = False,
    ) -> None:
        """``pulse`` tells how running models are, ``is_behind`` whether statistics leave out what waits to be counted.
        ``is_demo``: everything here is made up."""
        self._database = database
        self._jobs = jobs
        self._space = space
        self._recorder = recorder
        self._held = held
        self._clock = clock
        self._keep_free = keep_free
        self._roles = list(roles)
        self._clock_offset = clock_offset
        self._pulse = pulse
        self._is_behind = is_behind
        self._is_demo = is_demo
        self._started = clock.monotonic()

    async def report(self) -> dict[str, Any]:
        """The shape of ``GET /health``; other programs rely on its names."""
        known = await self._known()
        counts, stored, workers = known or ({}, None, 0)
        facts = await self._facts(database_ok=known is not None, workers=workers)
        return {
            "status": verdict(facts),
            "version": __version__,
            "uptime_seconds": round(self._clock.monotonic() - self._started, 1),
            **await self._pulse.report(),
            "downloads": {"queued": counts.get("queued", 0), "running": counts.get("running", 0)},
            "demo": self._is_demo,
            "roles": self._roles,
            "workers": facts.workers,
            "database": {
                "ok": facts.database_ok,
                "kind": self._database.kind,
                "clock_offset_seconds": self._clock_offset,
            },
            "store": {"bytes_free": facts.bytes_free, "bytes_held": stored, "keep_free": self._keep_free},
            "events": {
                "lag_seconds": round(facts.lag_seconds, 3),
                "spooled": self._recorder.spooled,
                "dropped": facts.dropped,
                "behind": self._is_behind(),
            },
        }

    async def _facts(self, *, database_ok: bool, workers: int) -> Facts:
        return Facts(
            database_ok=database_ok,
            bytes_free=await self._space.free_or_none(),
            keep_free=self._keep_free,
            lag_seconds=self._recorder.lag_seconds,
            dropped=self._recorder.dropped,
            workers=max(workers, int("worker" in self._roles)),
        )

    async def _known(self) -> tuple[dict[str, int], int, int] | None:
        """Jobs by their state, bytes held and workers, as the database tells; None when it does not answer."""
        try:
            held = await self._database.read(self._held.total)
            return await self._jobs.counts(), held, await self._jobs.workers()
        except DatabaseAway:
            return None
        except SQLAlchemyError:
            logger.exception("the database answers, but not what was asked")
            return None
