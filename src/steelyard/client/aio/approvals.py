"""Requests that wait for an administrator."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from steelyard.client.aio.connection import Sender
from steelyard.client.aio.pages import PAGE_SIZE, iterate
from steelyard.client.call import Call, given, page, shape
from steelyard.client.paths import segment
from steelyard.client.shapes import Approval, ApprovalPage

_APPROVALS = "/api/v1/approvals"
ApprovalState = Literal["waiting", "approved", "denied", "withdrawn", "overtaken"]


class Approvals:
    """``client.approvals``. For administrators."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    async def list(
        self, *, status: ApprovalState | None = None, limit: int | None = None, offset: int | None = None
    ) -> ApprovalPage:
        """One page of those that wait, or that stand otherwise; the oldest first."""
        params = {"status": status, "limit": limit, "offset": offset}
        return await self._wire.send(Call("GET", _APPROVALS, page(ApprovalPage, "approvals"), params))

    def iterate(self, *, status: ApprovalState | None = None, page_size: int = PAGE_SIZE) -> AsyncIterator[Approval]:
        """All of them, fetched page by page."""

        async def fetch(limit: int, offset: int) -> tuple[int, Sequence[Approval]]:
            found = await self.list(status=status, limit=limit, offset=offset)
            return found["count"], found["approvals"]

        return iterate(fetch, page_size)

    async def get(self, task_id: str) -> Approval:
        """One of them. Raises NotFound."""
        return await self._wire.send(Call("GET", _path(task_id), shape(Approval)))

    async def approve(self, task_id: str, *, reason: str | None = None) -> Approval:
        """Agree: the request goes on. Raises NotFound, Conflict when it was decided already."""
        call = Call("POST", f"{_path(task_id)}/approve", shape(Approval), json=given({"reason": reason}))
        return await self._wire.send(call)

    async def deny(self, task_id: str, reason: str) -> Approval:
        """Say no; the asker reads why. Raises NotFound, Conflict when it was decided already."""
        return await self._wire.send(Call("POST", f"{_path(task_id)}/deny", shape(Approval), json={"reason": reason}))


def _path(task_id: str) -> str:
    return f"{_APPROVALS}/{segment(task_id, 'id of the request')}"
