"""A depot for the pages that holds what is put into it: for tests and for looking at the pages without a depot."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from steelyard.core.errors import NotFound, SteelyardError
from steelyard.testing.insights import fake_insights
from steelyard.web.forms import EditForm, PullForm, items
from steelyard.web.history import HistoryQuery
from steelyard.web.insights_query import InsightsQuery, InsightsState
from steelyard.web.query import TRASH, LibraryQuery
from steelyard.web.shelf import Action, Deed, Facets, Json, ModelState, Overview, PageSources, RunningState, Weight

_EMPTY = Overview(models=0, bytes_held=0, bytes_free=0, people=0, requests=0, downloads=0, recent_activity=[])


@dataclass
class FakeSource:
    """All sources of the pages over lists.

    ``refuse`` is raised by what a person asks for, ``broken`` by what the page reads. ``calls`` keeps what was asked
    for: the verb and what it was about. Every model has the ``findings``, the ``check``,
    the ``usage`` and what it ``weighs``. Without
    ``used`` only the ``loaded`` models take memory.
    """

    totals: Overview = _EMPTY
    jobs: list[Json] = field(default_factory=list)
    shelf: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    findings: list[Json] = field(default_factory=list)
    check: Json | None = None
    weighs: Weight | None = None
    loaded: list[Json] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    used: int | None = None
    budget: int = 76_000_000_000
    most: int | None = None
    engines: list[Json] = field(default_factory=list)
    numbers: InsightsState | None = None
    usage: Json | None = None
    status: str = "queued"
    refuse: SteelyardError | None = None
    broken: SteelyardError | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def sources(self) -> PageSources:
        """Itself in every part."""
        return PageSources(self, self, self, self, self)

    async def overview(self, request: Request) -> Overview:
        """The totals as set."""
        self._read()
        return self.totals

    async def coming_in(self, request: Request) -> list[Json]:
        """The jobs as set."""
        self._read()
        return list(self.jobs)

    async def work(self, request: Request) -> list[Json]:
        """The jobs as set."""
        return await self.coming_in(request)

    async def facets(self, request: Request) -> Facets:
        """The shelf, counted."""
        there = [entry for entry in self.shelf if entry["status"] != TRASH]
        return Facets(
            status=Counter(entry["status"] for entry in self.shelf),
            format=Counter(entry["format"] for entry in there if entry["format"]),
            owner=Counter(entry["owner"] for entry in there if entry["owner"]),
        )

    async def insights(self, query: InsightsQuery, request: Request) -> InsightsState:
        """The numbers as set, of nothing while none are."""
        self._ask("insights", query.days, query.tz)
        return self.numbers or fake_insights()

    async def models(self, query: LibraryQuery, request: Request) -> tuple[int, list[Json]]:
        """The models that are as the query wants them, in the order of the list."""
        found = [entry for entry in self.shelf if _is_wanted(entry, query)]
        return len(found), found[query.offset : query.offset + query.limit]

    async def model(self, reference: str, request: Request) -> ModelState:
        """The model of that very name, with every job and request about it. Raises NotFound."""
        self._read()
        for entry in self.shelf:
            if entry["model"] == reference:
                jobs = [job for job in self.jobs if job["model"] == reference]
                asked = [request for request in self.requests if request["model"] == reference]
                return ModelState(entry, jobs, asked[:2], len(asked), self.findings, self.check, self.usage)
        raise NotFound(f"{reference[:80]!r} is not on the shelf.", hint='POST /pull {"model": "gpt2"}')

    async def weight(self, reference: str, request: Request) -> Weight | None:
        """As set."""
        return self.weighs

    async def edit(self, reference: str, form: EditForm, request: Request) -> str:
        """Write the form into the model. Raises NotFound."""
        self._ask("edit", reference, form)
        entry = (await self.model(reference, request)).model
        texts = {"name": form.name, "description": form.description or None}
        marks = {"pinned": form.pinned, "private": form.private, "active": form.active}
        entry |= {**texts, **marks, "tags": list(items(form.tags)), "aliases": list(items(form.aliases))}
        return reference

    async def act(self, reference: str, deed: Deed, username: str, request: Request) -> str:
        """Write down the deed and do it: to and from the trash, and out of the list. Raises NotFound."""
        self._ask(deed.value, reference, username)
        entry = (await self.model(reference, request)).model
        if deed is Deed.PURGE:
            self.shelf.remove(entry)
        elif deed is not Deed.VERIFY:
            entry["status"] = TRASH if deed is Deed.DELETE else "ready"
        return reference

    async def history(self, query: HistoryQuery, request: Request) -> tuple[int, list[Json]]:
        """The requests of that person and status, in the order of the list."""
        self._read()
        wanted = {"username": query.username, "status": query.status, "model": query.model, "vpn_ip": query.ip}
        given = {name: value for name, value in wanted.items() if value is not None}
        found = [one for one in self.requests if all(one[name] == value for name, value in given.items())]
        return len(found), found[query.offset : query.offset + query.limit]

    async def pull(self, form: PullForm, request: Request) -> Json:
        """Write down who asked for what, and answer with ``status``."""
        self._ask("pull", form)
        return {
            "job_id": "j", "task_id": "t", "model": form.model, "revision": None, "status": self.status, "position": 0,
        }  # fmt: skip

    async def control(self, job_id: str, action: Action, request: Request) -> Json:
        """Write down what was done to which job. Raises NotFound."""
        self._ask(action.value, job_id)
        for job in self.jobs:
            if job["id"] == job_id:
                return job
        raise NotFound(f"There is no job {job_id[:40]!r}.", hint="List them with GET /jobs.")

    async def running(self, request: Request) -> RunningState:
        """What is in memory as set."""
        self._read()
        used = sum(one["size_bytes"] for one in self.loaded) if self.used is None else self.used
        loaded = {
            "count": len(self.loaded), "models": list(self.loaded), "waiting": dict(self.waiting), "used_bytes": used,
            "budget_bytes": self.budget, "max_loaded": self.most,
        }  # fmt: skip
        return RunningState(loaded, list(self.engines))

    async def unload(self, model: str, request: Request) -> bool:
        """Take it out of the list."""
        self._ask("unload", model)
        staying = [one for one in self.loaded if one["model"] != model]
        was_there, self.loaded = len(staying) < len(self.loaded), staying
        return was_there

    async def known(self, request: Request) -> list[Json]:
        """The shelf without its trash."""
        self._read()
        return [entry for entry in self.shelf if entry["status"] != TRASH]

    async def elsewhere(self, request: Request) -> list[str]:
        """As set."""
        return list(self.foreign)

    def _read(self) -> None:
        if self.broken:
            raise self.broken

    def _ask(self, *call: Any) -> None:
        self.calls.append(call)
        if self.refuse:
            raise self.refuse


def _is_wanted(entry: Json, query: LibraryQuery) -> bool:
    status = entry["status"] == query.status if query.status else entry["status"] != TRASH
    named = query.q is None or query.q.lower() in entry["model"].lower()
    return status and named and query.format in (None, entry["format"]) and query.owner in (None, entry["owner"])


def fake_job(model: str | None = "org/name", status: str = "running", **fields: object) -> Json:
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


def fake_model(model: str = "org/name", /, **fields: object) -> Json:
    """A ready model of SPEC section 11, first pulled by mira; any field can be given."""
    return {
        "id": "m~1",
        "model": model,
        "name": model,
        "kind": "model",
        "revision": "b" * 40,
        "status": "ready",
        "active": True,
        "private": False,
        "pinned": False,
        "format": "safetensors",
        "architecture": "llama",
        "parameters": 7_241_732_096,
        "quantization": None,
        "context_length": 4096,
        "license": "apache-2.0",
        "size_bytes": 64_200_000_000,
        "description": None,
        "tags": [],
        "aliases": [],
        "source": "huggingface",
        "owner": "mira",
        "revisions": ["b" * 40],
        "variants": [],
        "created_at": "2026-03-09T10:00:00.000Z",
        "files": [
            {
                "path": "model.safetensors",
                "size": 64_200_000_000,
                "sha256": "c" * 64,
                "git_sha1": None,
                "state": "stored",
            },
            {"path": "config.json", "size": 700, "sha256": None, "git_sha1": "d" * 40, "state": "stored"},
            {"path": "model.onnx", "size": 900, "sha256": "e" * 64, "git_sha1": None, "state": "listed"},
        ],
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


def fake_loaded(model: str = "org/name", /, **fields: object) -> Json:
    """A model in memory for an hour, idle, as ``GET /api/v1/engines/loaded`` has it; any field can be given."""
    return {
        "model": model,
        "engine": "llamacpp",
        "size_bytes": 44_100_000_000,
        "context": 4096,
        "task": "chat",
        "in_flight": 0,
        "pinned": False,
        "loaded_at": "2026-03-12T09:00:00.000Z",
        "expires_at": "2026-03-12T10:05:00.000Z",
    } | fields


def fake_request(model: str | None = "org/name", status: str = "completed", **fields: object) -> Json:
    """A download request of SPEC section 11 by mira, served within a minute; any field can be given."""
    return {
        "id": 1,
        "task_id": "0198-task",
        "artist": None,
        "album": None,
        "username": "mira",
        "vpn_ip": "100.64.0.7",
        "status": status,
        "timestamp": "2026-03-12T09:57:00.000Z",
        "slskd_username": None,
        "file_count": 2,
        "completed_files": 2,
        "total_size": 64_200_000_700,
        "album_directory": None,
        "completed_at": "2026-03-12T09:57:42.000Z",
        "kind": "model",
        "model": model,
        "revision": "b" * 40,
        "job_id": "0198-job",
        "error": None,
        "identified_by": "declared",
    } | fields
