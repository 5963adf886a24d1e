"""Sees to it that a job brings what a client asks for, and that it is on record who asked."""

from datetime import timedelta

from steelyard.catalog.models import MODEL_TOPIC, File, FileState
from steelyard.core.recent import Recent
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.downloads.errors import CoolingDown
from steelyard.downloads.filing import is_to_wait
from steelyard.downloads.following import download_event
from steelyard.downloads.growing import WANT_TOPIC
from steelyard.downloads.mirror.errors import waits
from steelyard.downloads.mirror.models import Placed
from steelyard.downloads.mirror.placing import Placing
from steelyard.downloads.mirror.pulling import Pull, Pulled, pull
from steelyard.downloads.mirror.upstream import SOURCE, Upstream
from steelyard.downloads.models import REQUEST_TOPIC, Ask, Found, Wanted
from steelyard.downloads.service import DownloadService
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import Caller
from steelyard.jobs.models import JobStatus
from steelyard.jobs.service import JOB_TOPIC
from steelyard.jobs.worker import Worker
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.usage.recorder import Recorder

_REMEMBERED_SECONDS = 900.0
_REMEMBERED = 10_000


class Orders:
    """Takes clients' wishes for files."""

    def __init__(
        self, tools: Tools, upstream: Upstream, placing: Placing, downloads: DownloadService, worker: Worker,
        recorder: Recorder, signals: Signals, window: timedelta,
    ) -> None:  # fmt: skip
        """``window``: pulls of one revision by one person within it are one download."""
        self._tools = tools
        self._upstream = upstream
        self._placing = placing
        self._downloads = downloads
        self._worker = worker
        self._recorder = recorder
        self._signals = signals
        self._window = window
        self._recorded: Recent[tuple[int, int, str], float] = Recent(_REMEMBERED)

    def is_recorded(self, placed: Placed, caller: Caller) -> bool:
        """Whether the caller's download of this revision was written down a moment ago."""
        if placed.entry is None:
            return False
        at = self._recorded.get((caller.principal.id, placed.entry.id, placed.commit))
        return at is not None and self._tools.clock.monotonic() - at < min(
            _REMEMBERED_SECONDS, self._window.total_seconds()
        )

    def require_online(self, placed: Placed) -> None:
        """Raises UpstreamUnavailable for what nobody may bring: the depot is offline."""
        if placed.name.hub == SOURCE:
            self._upstream.require_online()

    async def order(self, placed: Placed, file: File, caller: Caller) -> Pulled:
        """Write down who asks, and have the file brought unless it is here. Raises WaitsForApproval, and what a
        request for a download raises."""
        asked = await self._asked(placed, file, caller)
        if placed.entry is None:
            await self._make_ready(asked)
        pulled = await self._pulled(asked)
        await self._tell(placed, pulled)
        if pulled.reasons:
            raise waits(pulled.reasons)
        if placed.entry is not None:
            self._recorded.put((caller.principal.id, placed.entry.id, placed.commit), self._tools.clock.monotonic())
        return pulled

    async def _asked(self, placed: Placed, file: File, caller: Caller) -> Pull:
        name, commit = placed.name, placed.commit
        is_here = file.state is FileState.STORED
        gated = placed.gated if is_here else await self._placing.is_gated(placed)
        wanted = Wanted(name.hub, name.kind.value, name.repo, commit, commit, (), (), grows=True)
        return Pull(
            Ask(Reference(name.repo, name.kind), caller), Found(wanted, gated), file,
            await self._placing.files(placed), self._upstream.names_of(placed.repository, commit), placed.document,
        )  # fmt: skip

    async def _make_ready(self, asked: Pull) -> None:
        """What lies in the trash comes back, unless the request has to wait."""
        now, rules = self._tools.clock.now(), self._tools.settings
        waits = await self._tools.database.read(lambda c: is_to_wait(c, asked.ask, asked.found, now, rules))
        if not waits:
            await self._downloads.make_ready(asked.found.wanted, asked.ask.caller)

    async def _pulled(self, asked: Pull) -> Pulled:
        now, rules, window = self._tools.clock.now(), self._tools.settings, self._window
        try:
            return await self._tools.database.write(lambda connection: pull(connection, asked, now, rules, window))
        except CoolingDown as error:  # a client sleeps as long as a 429 says, and then asks for the same again
            raise UpstreamUnavailable(error.detail, hint=error.hint) from error

    async def _tell(self, placed: Placed, pulled: Pulled) -> None:
        job = pulled.job
        if job is not None:
            self._signals.publish(WANT_TOPIC, job.id)
            if job.status is JobStatus.QUEUED:
                self._worker.take(job.id)
            if pulled.is_new:
                self._signals.publish(JOB_TOPIC, job.id)
        if pulled.task_id is not None:
            if pulled.is_done:
                await self._recorder.record(download_event(await self._downloads.get(pulled.task_id)))
            if pulled.reasons:
                self._signals.publish(REQUEST_TOPIC, pulled.task_id)
            self._signals.publish(MODEL_TOPIC, str(placed.name))
