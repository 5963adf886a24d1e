"""``/jobs``: look, steer, watch."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.responses import JSONResponse, StreamingResponse

from steelyard.core import ref
from steelyard.core.errors import Unavailable
from steelyard.core.ref import Reference
from steelyard.core.signals import CLOSING_KEY, Listener, Signals
from steelyard.http import sse
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.jobs.desk import JobDesk, JobReader, SeenBy
from steelyard.jobs.errors import JobMissing
from steelyard.jobs.models import JobStatus
from steelyard.jobs.service import JOB_TOPIC
from steelyard.jobs.shapes import JobPage, JobShape
from steelyard.jobs.store import JobFilter
from steelyard.jobs.views import job_json, job_version

HEARTBEAT_SECONDS = 15.0
NameOf = Callable[[Reference], Awaitable[str]]
JobId = Annotated[str, Path(max_length=100, description="the job's id")]


class JobQuery(PageQuery):
    """Filters of the list."""

    status: JobStatus | None = Field(None, description="only jobs in this state")
    model: str | None = Field(None, description="only jobs for this model, by any name of it", examples=["org/name"])
    kind: str | None = Field(None, description="only jobs of this kind, such as download")
    user: str | None = Field(None, description="only jobs that this person asked for first")


def create_router(desk: JobDesk, signals: Signals, name_of: NameOf) -> APIRouter:
    """The routes under ``/jobs``. ``name_of`` gives the name that jobs keep of a model."""
    router = late_router(tags=["jobs"])

    @router.get("/jobs", summary="List jobs, newest first", **answers(JobPage))
    async def list_jobs(request: Request, query: Annotated[JobQuery, Query()]) -> JSONResponse:
        model = None if query.model is None else await name_of(ref.parse(query.model))
        wanted = JobFilter(query.status, model, query.kind, query.user)
        count, jobs = await desk.list_page(wanted, query.limit, query.offset, request.scope)
        return page("jobs", count, [job_json(job) for job in jobs])

    @router.get("/jobs/{job_id}", summary="One job with its progress", **answers(JobShape))
    async def get_job(request: Request, job_id: JobId) -> dict[str, Any]:
        return job_json(await desk.get(job_id, request.scope))

    stream: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/event-stream": {}}, "description": "the job at every change, until it ends"},
        204: {"description": "the job has ended and its end was heard: browsers do not ask again"},
    }

    @router.get(
        "/jobs/{job_id}/events",
        summary="Watch one job (Server-Sent Events)",
        response_class=StreamingResponse,
        responses=stream,
    )
    async def watch_job(request: Request, job_id: JobId, last_event_id: sse.LastEventId = None) -> Response:
        job = await desk.get(job_id, request.scope)
        if not job.is_live and job_version(job) == last_event_id:
            return Response(status_code=204)
        return sse.response(job_events(SeenBy(desk, request.scope), signals, job_id, heard=last_event_id))

    @router.post("/jobs/{job_id}/cancel", summary="Stop a job; its bytes stop within a second", **answers(JobShape))
    async def cancel_job(request: Request, job_id: JobId) -> dict[str, Any]:
        return job_json(await desk.cancel(job_id, request.scope))

    @router.post("/jobs/{job_id}/pause", summary="Hold a job; nothing is lost", **answers(JobShape))
    async def pause_job(request: Request, job_id: JobId) -> dict[str, Any]:
        return job_json(await desk.pause(job_id, request.scope))

    @router.post("/jobs/{job_id}/resume", summary="Let a paused job go on", **answers(JobShape))
    async def resume_job(request: Request, job_id: JobId) -> dict[str, Any]:
        return job_json(await desk.resume(job_id, request.scope))

    @router.post("/jobs/{job_id}/retry", summary="Try a failed or cancelled job again", **answers(JobShape))
    async def retry_job(request: Request, job_id: JobId) -> dict[str, Any]:
        return job_json(await desk.retry(job_id, request.scope))

    @router.delete("/jobs/{job_id}", status_code=204, summary="Forget a job that ended")
    async def delete_job(request: Request, job_id: JobId) -> Response:
        await desk.delete(job_id, request.scope)
        return Response(status_code=204)

    return router


async def job_events(
    jobs: JobReader,
    signals: Signals,
    job_id: str,
    silence: float = HEARTBEAT_SECONDS,
    heard: str | None = None,
) -> AsyncIterator[str]:
    """The job now, then at every change, until it ends or is deleted; a comment after so much silence about it.

    Each event's id is the version of the job; the version that was ``heard`` already is not repeated.
    """
    with signals.listen(JOB_TOPIC) as listener:
        while not signals.closing:
            try:
                job = await jobs.get(job_id)
            except JobMissing as error:
                yield sse.event({"detail": error.detail}, "gone")
                return
            except Unavailable:
                return  # whoever watches comes back, and hears then what was missed
            shown = job_json(job)
            version = job_version(job)
            if version != heard:
                heard = version
                yield sse.event(shown, "job", version)
            if not job.is_live:
                return
            if not await _changed(listener, job_id, silence):
                yield sse.HEARTBEAT  # and look again: the signal may have been lost


async def _changed(listener: Listener, job_id: str, silence: float) -> bool:
    """True when the job changed or the process stops; False after so many seconds without a word about it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + silence
    while (left := end - loop.time()) > 0 and (signal := await listener.wait(left)) is not None:
        if signal.key in {job_id, CLOSING_KEY}:
            return True
    return False
