"""A depot's mirror as clients of the Hugging Face hub ask it, and a clock that tests can put forward."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import select

from steelyard.core.clock import system_clock
from steelyard.jobs.models import Job
from steelyard.jobs.tables import jobs
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.ledger import Request
from tests.flows.house import House, eventually

MODEL = "org/name"
LARGE = "model.safetensors"
AGENT = "unknown/None; hf_hub/2.4.0; python/3.11.7; session_id/0123456789abcdef"


class AheadClock:
    """The machine's clock, put forward by as much as a test wants: what runs in the background goes on running."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The current moment in UTC."""
        return system_clock.now() + self._ahead

    def monotonic(self) -> float:
        """Seconds since some start."""
        return system_clock.monotonic() + self._ahead.total_seconds()

    def forward(self, **time: float) -> None:
        """Put it forward, by ``seconds``, ``minutes`` or ``hours``."""
        self._ahead += timedelta(**time)


@dataclass(frozen=True)
class Client:
    """One client of a depot: ``door`` is the path of its HF_ENDPOINT, ``headers`` go with everything it asks."""

    house: House
    door: str = "/hf"
    headers: dict[str, str] = field(default_factory=dict)

    def named(self, name: str) -> "Client":
        """The same, by somebody's own prefix."""
        return replace(self, door=f"/u/{name}/hf")

    def showing(self, token: str) -> "Client":
        """The same, with a token."""
        return replace(self, headers={**self.headers, "Authorization": f"Bearer {token}"})

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Any request."""
        headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip", **self.headers, **more.pop("headers", {})}
        return await self.house.http.request(method, self.door + path, headers=headers, timeout=40, **more)

    async def info(self, model: str = MODEL, revision: str | None = "main", **query: Any) -> httpx2.Response:
        """What ``snapshot_download`` asks first."""
        end = f"/revision/{revision}" if revision else ""
        return await self.ask("GET", f"/api/models/{model}{end}", params=query)

    async def tree(self, model: str = MODEL, revision: str = "main", **query: Any) -> httpx2.Response:
        """The list of files, folders opened."""
        return await self.ask("GET", f"/api/models/{model}/tree/{revision}", params={"recursive": "true", **query})

    async def refs(self, model: str = MODEL) -> httpx2.Response:
        """Branches and tags."""
        return await self.ask("GET", f"/api/models/{model}/refs")

    async def head(self, file: str = LARGE, model: str = MODEL, revision: str = "main") -> httpx2.Response:
        """HEAD of a file."""
        return await self.ask("HEAD", f"/{model}/resolve/{revision}/{file}", headers={"Accept-Encoding": "identity"})

    async def get(
        self, file: str = LARGE, model: str = MODEL, revision: str = "main", part: str | None = None, **more: Any
    ) -> httpx2.Response:
        """A file, or the ``part`` of it like ``5-9``."""
        headers = {"Range": f"bytes={part}"} if part else {}
        return await self.ask("GET", f"/{model}/resolve/{revision}/{file}", headers=headers, **more)

    @asynccontextmanager
    async def stream(
        self, file: str = LARGE, model: str = MODEL, revision: str = "main", part: str | None = None
    ) -> AsyncIterator["Reading"]:
        """A file as it comes; only over real sockets. Whoever leaves the block early breaks the connection."""
        headers = {"User-Agent": AGENT, **self.headers, **({"Range": f"bytes={part}"} if part else {})}
        address = f"{self.door}/{model}/resolve/{revision}/{file}"
        async with self.house.http.stream("GET", address, headers=headers, timeout=40) as answer:
            yield Reading(answer)

    async def snapshot(self, model: str = MODEL, revision: str = "main") -> dict[str, bytes]:
        """Everything of a revision, by the requests of ``hf download``: each file by HEAD and GET, all at once."""
        told = await self.info(model, revision)
        assert told.status_code == 200, told.text
        commit = told.json()["sha"]
        listed = await self.tree(model, commit, expand="false")
        assert listed.status_code == 200, listed.text
        paths = [entry["path"] for entry in listed.json() if entry["type"] == "file"]
        found = await asyncio.gather(*(self._file(path, model, commit) for path in paths))
        return dict(zip(paths, found, strict=True))

    async def _file(self, path: str, model: str, commit: str) -> bytes:
        head = await self.head(path, model, commit)
        assert (head.status_code, head.headers["X-Repo-Commit"]) == (200, commit), head.headers
        answer = await self.get(path, model, commit)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Length"] == head.headers["Content-Length"]
        assert len(answer.content) == int(head.headers["Content-Length"])
        return answer.content


class Reading:
    """An answer that is being read."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.taken = b""
        self._chunks = answer.aiter_raw()

    async def at_least(self, count: int) -> bytes:
        """Read until so many bytes are here; all that are."""
        while len(self.taken) < count:
            self.taken += await anext(self._chunks)
        return self.taken

    async def rest(self) -> bytes:
        """Read to the end. Raises httpx2.RemoteProtocolError when the connection ends before it."""
        async for chunk in self._chunks:
            self.taken += chunk
        return self.taken

    async def all_that_comes(self, quiet: float) -> bytes:
        """Read until nothing came for some seconds; what is here then. Nothing can be read behind it."""
        while True:
            try:
                async with asyncio.timeout(quiet):
                    self.taken += await anext(self._chunks)
            except (TimeoutError, StopAsyncIteration):
                return self.taken


async def jobs_of(house: House) -> list[Job]:
    """All jobs, whatever became of them, the oldest first."""
    ids = select(jobs.c.id).order_by(jobs.c.created_at)
    found = await house.depot.database.read(lambda connection: list(connection.execute(ids).scalars()))
    return [await house.job(job_id) for job_id in found]


async def all_ended(house: House, clock: AheadClock) -> list[Job]:
    """The jobs once none goes on; one that waits for more wishes is told that time passes."""

    async def ended() -> bool:
        clock.forward(seconds=0.5)
        return all(not job.is_live for job in await jobs_of(house))

    await eventually(ended, "no job goes on")
    return await jobs_of(house)


async def history(house: House) -> list[dict[str, Any]]:
    """Who downloaded, newest first."""
    found: list[dict[str, Any]] = (await house.get("/api/v1/downloads/history", limit=1000))["requests"]
    return found


async def stats(house: House, model: str = MODEL) -> dict[str, Any]:
    """What is counted of a model."""
    found: dict[str, Any] = (await house.get(f"/api/models/{model}"))["stats"]
    return found


async def stored(house: House, model: str = MODEL) -> set[str]:
    """The files of the newest revision that are here."""
    files = (await house.get(f"/api/models/{model}"))["files"]
    return {file["path"] for file in files if file["state"] == "stored"}


def fetched(hub: StandInHub, file: str | None = None) -> list[Request]:
    """The requests that brought bytes of files."""
    return hub.ledger.requests(method="GET", call="resolve", file=file)


def asked(hub: StandInHub) -> list[str]:
    """What the hub was asked, shortly."""
    return [f"{one.method} {one.call} {one.file or ''}".strip() for one in hub.ledger.requests()]
