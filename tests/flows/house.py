"""The whole house over a stand-in hub: built as the server builds it, asked as programs ask it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from steelyard.app import Depot, build, create_app, running
from steelyard.core.clock import system_clock
from steelyard.http.pour import file_threads
from steelyard.http.zerocopy import reading_in
from steelyard.jobs.models import FINAL, Job, JobStatus
from steelyard.server import DepotServer, listen
from steelyard.settings import load
from steelyard.storage.disk import DiskStorage
from steelyard.testing.hub import StandInHub

PATIENCE = 30.0  # seconds until something that should happen counts as not happening
PAUSE = 0.005  # seconds before something is looked at again; each time a little longer, as looking costs more
LONGEST_PAUSE = 0.03
SMALL = 1000  # bytes: more than the small files of the tests have, less than one batch of weights
# Failures are taken up again at once and progress is written often, so that tests wait for events and not for time. A
# database that is shared by many tests may be slow to answer.
QUICK: Mapping[str, Any] = {
    "server.port": 0, "storage.keep_free": 0, "jobs.backoff_seconds": 0.05, "jobs.sweep_seconds": 0.2,
    "jobs.beat_seconds": 0.05, "downloads.backoff_seconds": 0.01,
    "database_silence_seconds": 5.0,
}  # fmt: skip


@dataclass(frozen=True)
class House:
    """A depot that runs, its upstream hub, and a client of its HTTP surface."""

    hub: StandInHub
    depot: Depot
    http: httpx2.AsyncClient

    @property
    def store(self) -> Path:
        """The store's folder."""
        return self.depot.storage.layout.root

    async def pull(self, model: str, user: str | None = "alice", expect: int = 202, **more: Any) -> dict[str, Any]:
        """``POST /pull``; the answer's body."""
        body = {"model": model, "username": user, **more}
        answer = await self.http.post("/pull", json=body)
        assert answer.status_code == expect, answer.text
        return dict(answer.json())

    async def get(self, path: str, expect: int = 200, **query: Any) -> dict[str, Any]:
        """A GET; the answer's body."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == expect, answer.text
        return dict(answer.json())

    async def post(self, path: str, expect: int = 200) -> dict[str, Any]:
        """A POST without a body; the answer's body."""
        answer = await self.http.post(path)
        assert answer.status_code == expect, answer.text
        return dict(answer.json())

    async def job(self, job_id: str) -> Job:
        """A job as the table has it: no request that the usage log would count."""
        return await self.depot.jobs.get(job_id)

    async def reached(self, job_id: str, *wanted: JobStatus) -> Job:
        """The job once it is in one of these states."""

        async def there() -> bool:
            return (await self.job(job_id)).status in wanted

        await eventually(there, f"job {job_id} is {wanted}")
        return await self.job(job_id)

    async def ended(self, job_id: str) -> Job:
        """The job once it ended, whatever way."""
        return await self.reached(job_id, *FINAL)

    async def bring(self, model: str, user: str | None = "alice", **more: Any) -> Job:
        """Pull and wait; the job, which succeeded."""
        answer = await self.pull(model, user, **more)
        job = await self.ended(answer["job_id"])
        assert job.status is JobStatus.SUCCEEDED, job.fault
        return job

    async def requests_of(self, job_id: str | None) -> list[dict[str, Any]]:
        """The history's lines of one job, newest first."""
        history = await self.get("/api/v1/downloads/history", limit=1000)
        return [line for line in history["requests"] if line["job_id"] == job_id]

    async def moving(self, job_id: str) -> None:
        """Return once more than a small file of the job has arrived."""

        async def some() -> bool:
            return (await self.job(job_id)).progress.downloaded_bytes > SMALL

        await eventually(some, "bytes move")

    def repository(self, model: str) -> Path:
        """The folder of a model in the cache."""
        return self.store / "hub" / f"models--{model.replace('/', '--')}"

    def contents(self, model: str, commit: str) -> dict[str, bytes]:
        """What a reader sees of a revision."""
        return contents(self.repository(model) / "snapshots" / commit)

    def parts(self) -> int:
        """Bytes that lie in part files."""
        return sum(path.stat().st_size for path in (self.store / ".steelyard" / "parts").iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, links followed; one that gets its name just now is left out."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def slug(problem: Mapping[str, Any]) -> str:
    """The machine name of a problem: the last part of its ``type``."""
    return str(problem["type"]).replace("/", ":").rpartition(":")[2]


async def eventually(true: Callable[[], Awaitable[bool]], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    pause = PAUSE
    try:
        async with asyncio.timeout(patience):
            while not await true():
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, 1.2 * pause)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


def make_depot(home: Path, hub: StandInHub, storage: DiskStorage | None = None, **options: Any) -> Depot:
    """A depot with quick settings; options have ``__`` for the dot of a setting's name, but for ``clock`` and
    ``engines``, which take the place of the real ones."""
    clock, engines = options.pop("clock", system_clock), options.pop("engines", None)
    given = {name.replace("__", "."): value for name, value in options.items()}
    loaded = load({}, {**QUICK, "home": home, "huggingface.endpoint": hub.url, **given})
    return build(loaded.settings, storage=storage, clock=clock, engines=engines)


@asynccontextmanager
async def open_house(
    hub: StandInHub, home: Path, storage: DiskStorage | None = None, **options: Any
) -> AsyncIterator[House]:
    """A depot that runs, asked in this process."""
    depot = make_depot(home, hub, storage, **options)
    app = create_app(depot)
    async with running(depot):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield House(hub, depot, http)


@asynccontextmanager
async def serve_house(hub: StandInHub, home: Path, **options: Any) -> AsyncIterator[House]:
    """A depot behind a real server and real sockets, for streams and raw bytes."""
    depot = make_depot(home, hub, **options)
    listener, readers = listen(depot.settings.server), file_threads()
    config = uvicorn.Config(
        create_app(depot), http=reading_in(readers), ws="none", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=2,
    )  # fmt: skip
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = DepotServer(config, depot, address)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await eventually(_started(server), "the server listens")
        async with httpx2.AsyncClient(base_url=address) as http:
            yield House(hub, depot, http)
    finally:
        depot.signals.close()
        server.should_exit = True
        await serving
        readers.shutdown()


def _started(server: uvicorn.Server) -> Callable[[], Awaitable[bool]]:
    async def started() -> bool:
        return server.started

    return started
