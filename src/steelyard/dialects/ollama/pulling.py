"""``POST /api/pull``: the depot's own download, told in Ollama's lines while it goes on."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from steelyard.core.errors import SteelyardError, Unavailable
from steelyard.core.signals import Signals
from steelyard.dialects.ollama.bodies import PullBody
from steelyard.dialects.ollama.errors import text_of
from steelyard.dialects.ollama.names import to_pull
from steelyard.dialects.ollama.reading import read_body
from steelyard.dialects.ollama.shapes import Line
from steelyard.dialects.ollama.shelf_shapes import digest
from steelyard.dialects.ollama.talking import NDJSON, line
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import Ask
from steelyard.downloads.routes import PULL
from steelyard.downloads.service import DownloadService
from steelyard.http.closing import STREAM_HEADERS
from steelyard.http.plain import PlainJson
from steelyard.identity.people import People
from steelyard.jobs.models import Job, JobFault, JobStatus
from steelyard.jobs.service import JOB_TOPIC, JobService
from steelyard.serving.errors import ModelNotReady
from steelyard.usage.note import note

_LOOK_AGAIN = 2.0  # seconds; a signal may have been lost, and a client that left is noticed when something is sent
_MANIFEST: Line = {"status": "pulling manifest"}
_SUCCESS: Line = {"status": "success"}


@dataclass(frozen=True, slots=True)
class PullCalls:
    """Brings models. A client that leaves does not stop the download: others may wait for it."""

    downloads: DownloadService
    jobs: JobService
    signals: Signals
    people: People

    async def pull(self, request: Request) -> Response:
        """``POST /api/pull``."""
        body = await read_body(request, PullBody)
        reference, caller = to_pull(body.model), await self.people.caller(request.scope)
        note(request, type=PULL, model=str(reference.bare), caller=caller)
        answer = await self.downloads.ask(Ask(reference, caller))
        note(request, model=answer.model)
        if answer.is_waiting:
            raise ModelNotReady(
                f"{answer.model} waits for an administrator's approval.", hint=f"Request {answer.task_id} shows it."
            )
        if body.stream is False:
            async for _ in self._lines(answer):
                pass
            return PlainJson(_SUCCESS)
        return StreamingResponse(self._told(answer), media_type=NDJSON, headers=STREAM_HEADERS)

    async def _told(self, answer: Answer) -> AsyncIterator[bytes]:
        try:
            async for one in self._lines(answer):
                yield line(one)
        except SteelyardError as error:
            yield line({"error": text_of(error)})

    async def _lines(self, answer: Answer) -> AsyncIterator[Line]:
        """Raises ModelNotReady when the job fails or is called off, Unavailable when the depot stops."""
        yield _MANIFEST
        if answer.job_id is not None and not answer.is_here:
            async for job in self._seen(answer.job_id):
                yield progress(job)
        yield {"status": "verifying sha256 digest"}
        yield {"status": "writing manifest"}
        yield _SUCCESS

    async def _seen(self, job_id: str) -> AsyncIterator[Job]:
        """The job as it changes, until it succeeded."""
        with self.signals.listen(JOB_TOPIC) as listener:
            while True:
                job = await self.jobs.get(job_id)
                yield job
                if not job.is_live:
                    require_success(job)
                    return
                if self.signals.closing:
                    raise Unavailable("The depot is stopping; the download goes on when it is back.", retry_after=5.0)
                await listener.wait(_LOOK_AGAIN)
                listener.drain()


def progress(job: Job) -> Line:
    """All files of a download as one layer; or what holds it up. Pure."""
    if job.is_live and job.fault is not None:
        return {"status": held_up(job, job.fault)}
    name = digest(job.model or job.id, job.revision)
    found, is_done = job.progress, job.status is JobStatus.SUCCEEDED
    total = found.total_bytes if found.total_bytes is not None else found.downloaded_bytes if is_done else None
    if total is None:
        return _MANIFEST if job.status is not JobStatus.PAUSED else {"status": "paused"}
    status = "paused" if job.status is JobStatus.PAUSED else f"pulling {name[:12]}"
    completed = total if is_done else min(found.downloaded_bytes, total)
    return {"status": status, "digest": f"sha256:{name}", "total": total, "completed": completed}


def held_up(job: Job, fault: JobFault) -> str:
    """Why nothing comes, and when the next try is. The same words until that changes: a client shows each anew."""
    if job.status is JobStatus.PAUSED:
        return f"paused: {fault.detail}"
    if job.status is JobStatus.RUNNING:
        return f"waiting: {fault.detail} Trying again."
    seconds = math.ceil((job.not_before - job.updated_at).total_seconds())
    return f"waiting: {fault.detail} Next try in {max(seconds, 1)} s."


def require_success(job: Job) -> None:
    """Raises ModelNotReady for a job that ended any other way."""
    if job.status is JobStatus.SUCCEEDED:
        return
    reason = job.fault.detail if job.fault else "the download was called off"
    hint = job.fault.hint if job.fault and job.fault.hint else f"GET /jobs/{job.id}"
    raise ModelNotReady(f"{job.model or 'The model'} could not be brought: {reason}", hint=hint)
