"""``GET /api/v1/stream``: everything that changes in the depot, as Server-Sent Events.

An event's id is the position of the change in the feed, the same on every server: whoever comes back with
``Last-Event-ID`` is told what was missed, or with ``reset`` that it is too much or too long ago.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from steelyard.catalog.models import MODEL_TOPIC
from steelyard.catalog.service import CatalogService
from steelyard.core.errors import Unavailable
from steelyard.core.feed import Change, Missed
from steelyard.core.ids import catalog_id
from steelyard.core.signals import Follower, Signals
from steelyard.downloads.desk import Desk
from steelyard.downloads.errors import RequestMissing
from steelyard.downloads.models import REQUEST_TOPIC
from steelyard.downloads.service import DownloadService
from steelyard.downloads.views import request_json
from steelyard.http import sse
from steelyard.http.late import late_router
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.jobs.errors import JobMissing
from steelyard.jobs.service import JOB_TOPIC, JobService
from steelyard.jobs.views import job_json

SILENCE_SECONDS = 15.0  # below the 30 to 60 s after which proxies cut a silent answer
PAUSE_SECONDS = 0.25  # changes of the same thing that come closer together are one event
_TOPICS = (JOB_TOPIC, MODEL_TOPIC, REQUEST_TOPIC)
_MOST = 500  # changes in one batch


class Stream:
    """Turns changes into what they changed."""

    def __init__(
        self,
        signals: Signals,
        jobs: JobService,
        desk: Desk,
        catalog: CatalogService,
        downloads: DownloadService | None = None,
    ) -> None:
        """Without ``downloads`` no requests are told of."""
        self._downloads = downloads
        self._signals = signals
        self._jobs = jobs
        self._desk = desk
        self._catalog = catalog

    async def events(
        self, caller: Caller, heard: str | None, silence: float = SILENCE_SECONDS, pause: float = PAUSE_SECONDS
    ) -> AsyncIterator[str]:
        """What changed after the event ``heard``, then what changes, until the process stops.

        Ends when the database is away: whoever listens comes back, and is told then what was missed.
        """
        with suppress(Unavailable):
            async for text in self._events(caller, heard, silence, pause):
                yield text

    async def _events(self, caller: Caller, heard: str | None, silence: float, pause: float) -> AsyncIterator[str]:
        with self._signals.follow(*_TOPICS) as follower:
            position = await self._signals.feed.newest()
            missed = [] if heard is None else await self._missed(heard)
            yield self._reset(position) if missed is None else sse.mark(heard or str(position))
            async for text in self._told(missed or [], caller):
                yield text
            position = max([position, *(change.position for change in missed or [])])
            while not self._signals.closing:
                batch = await self._gather(follower, silence, pause)
                if batch is None:
                    if not self._signals.closing:
                        yield self._reset(await self._signals.feed.newest())
                    continue
                if not batch:
                    yield sse.HEARTBEAT
                    looked = await self._signals.feed.since(position)  # what was lost on the way stands there
                    if looked is None:
                        position = await self._signals.feed.newest()
                        yield self._reset(position)
                    batch = list(looked or ())
                fresh = [change for change in batch if change.position > position and change.topic in _TOPICS]
                async for text in self._told(fresh, caller):
                    yield text
                position = max([position, *(change.position for change in batch)])

    async def _missed(self, heard: str) -> Sequence[Change] | None:
        if not heard.isascii() or not heard.isdigit() or len(heard) > 19:
            return None
        changes = await self._signals.feed.since(int(heard))
        return None if changes is None else [change for change in changes if change.topic in _TOPICS]

    async def _gather(self, follower: Follower, silence: float, pause: float) -> list[Change] | None:
        """The next changes, those that follow within the pause among them; none after a silence, None after a gap."""
        batch: list[Change] = []
        end = asyncio.get_running_loop().time() + silence
        while len(batch) < _MOST and (left := end - asyncio.get_running_loop().time()) > 0:
            change = await follower.wait(left)
            if isinstance(change, Missed) or follower.overflowed:
                follower.overflowed = False
                return None
            if change is None:
                break
            if not batch:
                end = asyncio.get_running_loop().time() + pause
            batch.append(change)
        return batch

    async def _told(self, changes: Sequence[Change], caller: Caller) -> AsyncIterator[str]:
        """Each thing once, as it is now, where it changed last: an id promises all that came before it."""
        last = {(change.topic, change.key): change.position for change in changes}
        told: dict[str, str] = {}
        for (topic, key), position in sorted(last.items(), key=itemgetter(1)):
            name, data = await self._thing(topic, key, caller)
            bare = sse.event(data, name)  # a model may have changed under its key and under its name
            told.pop(bare, None)
            if data:
                told[bare] = sse.event(data, name, str(position))
        for text in told.values():
            yield text

    async def _thing(self, topic: str, key: str, caller: Caller) -> tuple[str, dict[str, Any]]:
        if topic == REQUEST_TOPIC:
            return await self._request(key, caller)
        return await self._job(key, caller) if topic == JOB_TOPIC else await self._model(key, caller)

    async def _request(self, key: str, caller: Caller) -> tuple[str, dict[str, Any]]:
        """A request that waits for an administrator, or does so no longer."""
        if self._downloads is None:
            return "request", {}
        try:
            return "request", request_json(await self._downloads.get(key, caller))
        except RequestMissing:  # for a model that is not shown to them
            return "request", {}

    async def _job(self, key: str, caller: Caller) -> tuple[str, dict[str, Any]]:
        try:
            await self._jobs.get(key)
        except JobMissing:
            return "gone", {"job": key}
        try:
            return "job", job_json(await self._desk.get_for(key, caller))
        except JobMissing:  # about a model that is not shown to them
            return "job", {}

    async def _model(self, key: str, caller: Caller) -> tuple[str, dict[str, Any]]:
        entry = await self._catalog.of_signal(key, caller)
        if entry is None:
            return "model", {}
        return "model", {"id": catalog_id(entry.id), "model": str(entry.name), "status": entry.status.value}

    @staticmethod
    def _reset(position: int) -> str:
        return sse.event({"detail": "Some changes were missed; read again what you show."}, "reset", str(position))


def create_router(stream: Stream, people: People) -> APIRouter:
    """The one route."""
    router = late_router(tags=["stream"])
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "content": {"text/event-stream": {}},
            "description": "events named job, model, request and gone as things change, and reset after a gap",
        }
    }

    @router.get(
        "/api/v1/stream",
        summary="Watch everything (Server-Sent Events)",
        response_class=StreamingResponse,
        responses=responses,
    )
    async def watch(request: Request, last_event_id: sse.LastEventId = None) -> Response:
        caller = await people.caller(request.scope)
        return sse.response(stream.events(caller, last_event_id))

    return router
