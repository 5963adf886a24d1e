"""What the pages need from the depot: one seam, implemented by the composition root from the services."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from starlette.requests import Request

Json = dict[str, Any]


class Action(StrEnum):
    """What a person can do to a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"


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


class PageSource(Protocol):
    """The depot as the pages see it. Every method may raise SteelyardError; nothing else is shown to people.

    ``request`` is handed through for whom the depot takes it to come from: address, token, tailnet.
    """

    async def overview(self) -> Overview:
        """The totals now."""

    async def coming_in(self) -> list[Json]:
        """Live jobs and the last failures, newest first.

        Each has the job shape of SPEC section 11 plus ``waiting``: the names of those who asked for it.
        """

    async def models(self, q: str | None, limit: int, offset: int) -> tuple[int, list[Json]]:
        """How many models match, and one page of them in the model shape of SPEC section 11."""

    async def pull(self, model: str, revision: str | None, username: str | None, request: Request) -> Json:
        """Ask for a model; the answer of ``POST /pull``."""

    async def control(self, job_id: str, action: Action, request: Request) -> Json:
        """Act on a job; the job afterwards, in the job shape."""
