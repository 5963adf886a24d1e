"""What the pages need from the depot: one seam, implemented by the composition root from the services.

Everything speaks the JSON shapes of SPEC section 11, so that a page never says anything else than the API.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from starlette.requests import Request

from steelyard.web.forms import EditForm, PullForm
from steelyard.web.history import HistoryQuery
from steelyard.web.insights_query import InsightsSource
from steelyard.web.query import LibraryQuery

Json = dict[str, Any]


class Action(StrEnum):
    """What a person can do to a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


class Deed(StrEnum):
    """What a person can do to a model with one press."""

    DELETE = "delete"
    RESTORE = "restore"
    PURGE = "purge"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Overview:
    """The totals of ``GET /api/stats`` and the free space of the store; sizes are bytes.

    ``bytes_free`` is None when the store does not say. ``recent_activity`` has the shape of SPEC section 11
    (``timestamp``, ``action``, ``model``, ``username``, ``ip_address``), newest first.
    """

    models: int
    bytes_held: int
    bytes_free: int | None
    people: int
    requests: int
    downloads: int
    recent_activity: list[Json]


@dataclass(frozen=True, slots=True)
class Facets:
    """How many models there are by status (the trash too), and of those on the shelf by format and by owner."""

    status: Mapping[str, int] = field(default_factory=dict)
    format: Mapping[str, int] = field(default_factory=dict)
    owner: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model and what belongs to it.

    ``model`` is the answer of ``GET /api/models/{id}``. ``jobs`` are live ones and the last failure; ``requests`` the
    newest of ``request_count`` download requests. ``findings`` are open faults in its folder and ``check`` is the last
    verification, None before the first: the shapes of ``GET /api/v1/findings`` and ``/api/v1/checks``. ``usage`` is the
    answer of ``GET /api/models/{id}/stats`` for 30 days, None for what is in the trash.
    """

    model: Json
    jobs: list[Json] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    request_count: int = 0
    findings: list[Json] = field(default_factory=list)
    check: Json | None = None
    usage: Json | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """What deleting a model for good gives back, in bytes, and what stays because others share it."""

    frees: int
    shared: int


@dataclass(frozen=True, slots=True)
class RunningState:
    """Models in memory: ``loaded`` is the answer of ``GET /api/v1/engines/loaded``, ``engines`` are those of
    ``GET /api/v1/engines``."""

    loaded: Json
    engines: list[Json] = field(default_factory=list)


class LibrarySource(Protocol):
    """What the library shows; ``request`` says to whom.

    Every method of every source may raise SteelyardError; nothing else is shown to people.
    """

    async def overview(self, request: Request) -> Overview:
        """The totals now."""

    async def coming_in(self, request: Request) -> list[Json]:
        """Live downloads and imports and the last failures, newest first.

        Each has the job shape of SPEC section 11 plus ``waiting``: the names of those who asked for it.
        """

    async def facets(self, request: Request) -> Facets:
        """What the library can be narrowed by."""

    async def models(self, query: LibraryQuery, request: Request) -> tuple[int, list[Json]]:
        """How many models match, and one page of them in the model shape of SPEC section 11."""


class ModelSource(Protocol):
    """What a model's page shows and does; ``request`` says for whom."""

    async def model(self, reference: str, request: Request) -> ModelState:
        """One model by any reference, those in the trash too. Raises NotFound and InvalidReference."""

    async def weight(self, reference: str, request: Request) -> Weight | None:
        """What its deletion frees; None while it may not be deleted. Looks at the disk."""

    async def edit(self, reference: str, form: EditForm, request: Request) -> str:
        """Change what its owner may change; its name."""

    async def act(self, reference: str, deed: Deed, username: str, request: Request) -> str:
        """Do something to a model as the person of this name, where nothing surer tells; the model's name."""


class DownloadsSource(Protocol):
    """What the downloads page shows and what its buttons do."""

    async def work(self, request: Request) -> list[Json]:
        """Live jobs of every kind and the last failures, as ``coming_in``."""

    async def history(self, query: HistoryQuery, request: Request) -> tuple[int, list[Json]]:
        """How many requests match, and one page of them, newest first, in the shape of SPEC section 11.

        Each may have ``hint``: what to do about its ``error``.
        """

    async def pull(self, form: PullForm, request: Request) -> Json:
        """Ask for a model; the answer of ``POST /pull``."""

    async def control(self, job_id: str, action: Action, request: Request) -> Json:
        """Act on a job; the job afterwards, in the job shape."""


class RunningSource(Protocol):
    """What the pages about running models show and do."""

    async def running(self, request: Request) -> RunningState:
        """What is in memory, of what they may see. Reads no table."""

    async def unload(self, model: str, request: Request) -> bool:
        """Take a model out of memory once nobody uses it; whether it was there. Raises NotFound."""

    async def known(self, request: Request) -> list[Json]:
        """The shelf in the shape of SPEC section 11, what was used last first; a few hundred models at most.

        Each may have ``unable``: why no engine here would load it.
        """

    async def elsewhere(self, request: Request) -> list[str]:
        """Names of models that only other servers have."""


@dataclass(frozen=True, slots=True)
class PageSources:
    """The depot as the pages see it."""

    library: LibrarySource
    model: ModelSource
    downloads: DownloadsSource
    running: RunningSource
    insights: InsightsSource
