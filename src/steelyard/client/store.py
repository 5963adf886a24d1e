# Written by `make sdk` from client/aio/store.py: edit that.
"""The store: how full it is, what is wrong in it, and looking anew."""

from collections.abc import Iterator, Sequence

from steelyard.client.call import Call, page, shape
from steelyard.client.connection import Sender
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.shapes import Check, Finding, FindingPage, OutcomePage, StoreUsage


class Store:
    """``client.store``. Paths are relative to the store."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def usage(self) -> StoreUsage:
        """Bytes by folder as the last scan counted them, and bytes free now."""
        return self._wire.send(Call("GET", "/api/v1/store", shape(StoreUsage)))

    def scan(self, *, accept_missing: bool = False) -> Check:
        """Compare the whole store with the catalog. ``accept_missing``: believe it when most of it is gone."""
        body = {"accept_missing": accept_missing}
        return self._wire.send(Call("POST", "/api/v1/scans", shape(Check), json=body))

    def findings(
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
        return self._wire.send(call)

    def iterate_findings(
        self,
        *,
        problem: str | None = None,
        model: str | None = None,
        job: str | None = None,
        resolved: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Finding]:
        """All that match, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[Finding]]:
            found = self.findings(problem=problem, model=model, job=job, resolved=resolved, limit=limit, offset=offset)
            return found["count"], found["findings"]

        return iterate(fetch, page_size)

    def checks(
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
        return self._wire.send(Call("GET", "/api/v1/checks", page(OutcomePage, "checks"), params))
