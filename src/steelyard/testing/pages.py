"""A depot for the pages that holds what is put into it: for tests and for looking at the pages without a depot."""

from dataclasses import dataclass, field

from starlette.requests import Request

from steelyard.core.errors import NotFound, SteelyardError
from steelyard.web.shelf import Action, Json, Overview

_EMPTY = Overview(models=0, bytes_held=0, bytes_free=0, people=0, requests=0, downloads=0, recent_activity=[])


@dataclass
class FakeSource:
    """A PageSource over lists. ``refuse`` is raised by what a person asks for, ``broken`` by what the page reads."""

    totals: Overview = _EMPTY
    jobs: list[Json] = field(default_factory=list)
    shelf: list[Json] = field(default_factory=list)
    status: str = "queued"
    refuse: SteelyardError | None = None
    broken: SteelyardError | None = None
    calls: list[tuple[str | None, ...]] = field(default_factory=list)

    async def overview(self) -> Overview:
        """The totals as set."""
        if self.broken:
            raise self.broken
        return self.totals

    async def coming_in(self) -> list[Json]:
        """The jobs as set."""
        return list(self.jobs)

    async def models(self, q: str | None, limit: int, offset: int) -> tuple[int, list[Json]]:
        """The models whose name holds ``q``."""
        found = [entry for entry in self.shelf if q is None or q.lower() in entry["model"].lower()]
        return len(found), found[offset : offset + limit]

    async def pull(self, model: str, revision: str | None, username: str | None, request: Request) -> Json:
        """Write down who asked for what, and answer with ``status``."""
        self.calls.append(("pull", model, revision, username))
        if self.refuse:
            raise self.refuse
        return {"job_id": "j", "task_id": "t", "model": model, "revision": None, "status": self.status, "position": 0}

    async def control(self, job_id: str, action: Action, request: Request) -> Json:
        """Write down what was done to which job. Raises NotFound."""
        self.calls.append((action.value, job_id))
        if self.refuse:
            raise self.refuse
        for job in self.jobs:
            if job["id"] == job_id:
                return job
        raise NotFound(f"There is no job {job_id[:40]!r}.", hint="List them with GET /jobs.")


def fake_job(model: str = "org/name", status: str = "running", **fields: object) -> Json:
    """A job of SPEC section 11 with who waits for it, 42 % here; any field can be given."""
    return {
        "id": "0198-job",
        "kind": "download",
        "model": model,
        "revision": "a" * 40,
        "status": status,
        "progress": 0.42,
        "downloaded_bytes": 27_500_000_000,
        "total_bytes": 65_500_000_000,
        "bytes_per_second": 212_000_000.0,
        "eta_seconds": 112.0,
        "current_file": "model-00003.safetensors",
        "attempt": 1,
        "priority": "medium",
        "requested_by": "ines",
        "error": None,
        "hint": None,
        "created_at": "2026-03-12T09:57:00.000Z",
        "started_at": "2026-03-12T09:57:01.000Z",
        "updated_at": "2026-03-12T09:59:59.000Z",
        "finished_at": None,
        "waiting": ["ines", "leo"],
    } | fields


def fake_model(name: str = "org/name", **fields: object) -> Json:
    """A ready model of SPEC section 11, first pulled by mira; any field can be given."""
    return {
        "id": "m~1",
        "model": name,
        "name": name,
        "kind": "model",
        "revision": "b" * 40,
        "status": "ready",
        "active": True,
        "private": False,
        "pinned": False,
        "format": "safetensors",
        "quantization": None,
        "size_bytes": 64_200_000_000,
        "downloaded_by": "mira",
        "last_used_at": None,
        "stats": {
            "download_count": 1204,
            "first_downloaded_by": "mira",
            "first_downloaded_from": "100.64.0.7",
            "first_downloaded_at": "2026-03-09T10:00:00.000Z",
            "last_used_at": None,
        },
    } | fields
