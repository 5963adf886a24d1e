"""The store: how full it is, what is wrong in it, and looking anew."""

from collections.abc import AsyncIterator, Sequence

from steelyard.client.aio.connection import Sender
from steelyard.client.aio.pages import PAGE_SIZE, iterate
from steelyard.client.call import Call, page, shape
from steelyard.client.shapes import Check, Finding, FindingPage, OutcomePage, StoreUsage


class Store:
    """``client.store``. Paths are relative to the store."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    async def usage(self) -> StoreUsage:
        """Bytes by folder as the last scan counted them, and bytes free now."""
        return await self._wire.send(Call("GET", "/api/v1/store", shape(StoreUsage)))

    async def scan(self, *, accept_missing: bool = False) -> Check:
        """Compare the whole store with the catalog. ``accept_missing``: believe it when most of it is gone."""
        body = {"accept_missing": accept_missing}
        return await self._wire.send(Call("POST", "/api/v1/scans", shape(Check), json=body))

    async def findings(
        self,
        *,
        problem: str | None = None,
        model: str | None = None,
        job: str | None = None,
        resolved: bool = False,
        limit: int | None = None,
        offset: int | None = None,
    ) -> FindingPage:
        """One page of what is wrong, or was; newest first."""
        params = {"problem": problem, "model": model, "job": job, "open": not resolved}
        call = Call(
            "GET", "/api/v1/findings", page(FindingPage, "findings"), {**params, "limit": limit, "offset": offset}
        )
        return await self._wire.send(call)

    def iterate_findings(
        self,
        *,
        problem: str | None = None,
        model: str | None = None,
        job: str | None = None,
        resolved: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[Finding]:
        """All that match, fetched page by page."""

        async def fetch(limit: int, offset: int) -> tuple[int, Sequence[Finding]]:
            found = await self.findings(
                problem=problem, model=model, job=job, resolved=resolved, limit=limit, offset=offset
            )
            return found["count"], found["findings"]

        return iterate(fetch, page_size)

    async def checks(
        self,
        *,
        kind: str | None = None,
        model: str | None = None,
        job: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> OutcomePage:
        """One page of what verifications (``verify``) and scans (``scan``) came to, newest first."""
        params = {"kind": kind, "model": model, "job": job, "limit": limit, "offset": offset}
        return await self._wire.send(Call("GET", "/api/v1/checks", page(OutcomePage, "checks"), params))
