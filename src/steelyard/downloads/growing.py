"""How the files of a download come in that clients of the mirror ask for one by one.

Each file is fetched from the moment it is asked for, beside the others. When none was asked for during a short while
the job has brought what was wanted; a later wish begins another one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog.models import File
from steelyard.catalog.status import is_pickle
from steelyard.core.clock import Clock
from steelyard.core.digest import Digest
from steelyard.core.signals import Listener, Signals
from steelyard.core.threads import ended
from steelyard.downloads import store, wants
from steelyard.downloads.delivery import Delivery, Target
from steelyard.downloads.errors import NothingSelected
from steelyard.downloads.haul import Trip
from steelyard.downloads.listing import require_placeable
from steelyard.downloads.meter import Meter
from steelyard.downloads.models import Wanted
from steelyard.downloads.payload import dedupe_key, from_payload
from steelyard.downloads.plan import total_size
from steelyard.downloads.tools import Tools
from steelyard.jobs.retry import fault_of

WANT_TOPIC = "mirror.want"  # the signal that a job shall bring one more file; its key is the job's id
_LINGER_SECONDS = 2.0  # a client that loads a model pauses between its files
_LOOK_SECONDS = 0.5


class GrowingHaul:
    """Brings files as they are asked for."""

    def __init__(self, tools: Tools, signals: Signals, linger: float = _LINGER_SECONDS) -> None:
        """``linger`` is in seconds: how long nothing must be asked for until the job ends."""
        self._tools = tools
        self._signals = signals
        self._linger = linger

    async def select(self, listed: Sequence[File], wanted: Wanted) -> list[File]:
        """What was asked for until now."""
        return await self._tools.database.read(lambda connection: _asked_for(connection, listed, wanted))

    async def bring(self, trip: Trip) -> Target:
        """Bring files until nobody asks for more. One that fails lets the others come in first."""
        meter = Meter(self._tools.clock, 0)
        trip.context.follow(meter.read)
        with self._signals.listen(WANT_TOPIC) as listener:
            round_ = _Round(self._tools, trip, meter, self._tools.clock)
            try:
                await self._rounds(trip, round_, listener)
            finally:
                await round_.stop()
        return replace(trip.target, files=round_.begun)

    async def _rounds(self, trip: Trip, round_: "_Round", listener: Listener) -> None:
        wanted = from_payload(trip.context.job.payload)
        while not round_.is_over(self._linger):
            for file in await self.select(trip.listed, wanted):
                round_.begin(file)
            await round_.tell()
            await round_.wait(listener)


class _Round:
    """What one attempt has begun."""

    def __init__(self, tools: Tools, trip: Trip, meter: Meter, clock: Clock) -> None:
        self._tools = tools
        self._trip = trip
        self._meter = meter
        self._clock = clock
        self._known: dict[str, File] = {}
        self._running: dict[Digest, asyncio.Task[None]] = {}
        self._told = 0
        self._busy_at = clock.monotonic()

    @property
    def begun(self) -> list[File]:
        """All files that were begun."""
        return list(self._known.values())

    def begin(self, file: File) -> None:
        """Fetch a file unless that is under way; its bytes under another name come first, then both share them."""
        if file.path in self._known or file.digest in self._running:
            return
        self._known[file.path] = file
        self._meter.expect(file.size)
        self._running[file.digest] = asyncio.create_task(self._bring(file))

    def is_over(self, linger: float) -> bool:
        """Whether all came in and nothing was asked for since. Raises what went wrong with a file."""
        done = [digest for digest, task in self._running.items() if task.done()]
        failed = {digest: error for digest in done if (error := self._running[digest].exception()) is not None}
        if failed and len(done) == len(self._running):
            raise next(iter(failed.values()))
        if failed:
            self._tell_of(failed)
            return False
        for digest in done:
            del self._running[digest]
            self._busy_at = self._clock.monotonic()
        return not self._running and self._clock.monotonic() - self._busy_at >= linger

    def _tell_of(self, failed: Mapping[Digest, BaseException]) -> None:
        """Whoever waits for a file that does not come need not wait for the others; told each time: some are late."""
        for digest, error in failed.items():
            if isinstance(error, Exception):
                self._tools.arrivals.troubled(digest, fault_of(error))

    async def tell(self) -> None:
        """Requests on the job follow what it is to bring."""
        if len(self._known) != self._told:
            self._told, job = len(self._known), self._trip.context.job
            values = {"file_count": self._told, "total_size": total_size(self.begun)}
            await self._trip.context.write(lambda connection: store.measure_open(connection, job.id, **values))

    async def wait(self, listener: Listener) -> None:
        """Return when a file came in or was asked for, and after a while: another process may have taken a wish."""
        heard = asyncio.create_task(listener.wait(_LOOK_SECONDS))
        tasks = [task for task in self._running.values() if not task.done()]
        try:
            await asyncio.wait([heard, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            heard.cancel()
            await ended([heard])
        listener.drain()

    async def stop(self) -> None:
        """End what is under way."""
        for task in self._running.values():
            task.cancel()
        await ended(list(self._running.values()))

    async def _bring(self, file: File) -> None:
        target, trip = replace(self._trip.target, files=[file]), self._trip
        await Delivery(self._tools, trip.source, target, trip.context, self._meter, urgent=True).run()
        if is_pickle(file.path):
            await trip.screening.admit(trip.target.revision.id)
        self._tools.arrivals.moved(file.digest)


def _asked_for(connection: Connection, listed: Sequence[File], wanted: Wanted) -> list[File]:
    by_path = {file.path: file for file in listed}
    found = [by_path[path] for path in wants.paths(connection, dedupe_key(wanted)) if path in by_path]
    if not found:
        raise NothingSelected("Nobody asks for any file of it any more.", hint=f"steelyard pull {wanted.repo}")
    require_placeable(found)
    return found
