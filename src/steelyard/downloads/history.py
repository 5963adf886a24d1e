"""The history of requests on the wire: filters, order, pages, and the whole of it as a file."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from steelyard.catalog import rights
from steelyard.catalog.service import CatalogService
from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.core.errors import Invalid
from steelyard.downloads.models import RequestStatus
from steelyard.downloads.service import DownloadService
from steelyard.downloads.shapes import RequestPage
from steelyard.downloads.store import BY_MOMENT, RequestFilter
from steelyard.downloads.views import REQUEST_FIELDS, request_json
from steelyard.http.export import Export, ExportFormat, add_list, respond
from steelyard.http.moments import Since, Until, in_utc
from steelyard.http.paging import PageQuery, page
from steelyard.identity.people import People
from steelyard.identity.principal import Caller

_PATH = "/api/v1/downloads/history"
_EXPORT = Export("history", "requests", REQUEST_FIELDS, request_json)
UserName = Annotated[str, Path(max_length=600, description="the person who asked")]
AddressName = Annotated[str, Path(max_length=600, description="the address that was asked from")]
Text = Annotated[str | None, Field(min_length=1)]
_USER = Field(None, description="only what this person asked for", examples=["alice"])
_ADDRESS = Field(None, description="only what was asked from this address", examples=["100.64.0.5"])


class HistoryFilters(PageQuery):
    """What every form of the history can be narrowed to."""

    status: RequestStatus | None = Field(None, description="only requests that stand so")
    since: Since = None
    until: Until = None
    model: Text = Field(None, description="only this model, by any name of it", examples=["gpt2"])
    kind: Literal["model", "album", "file"] | None = Field(None, description="only what is of this kind")
    source: Text = Field(None, description="only what comes from there", examples=["huggingface"])
    q: Text = Field(None, description="part of the name of a model, an artist or an album, whatever the case")
    job_id: Text = Field(None, description="only requests that this job serves")
    sort: Literal["newest", "oldest", "size", "user", "model", "status"] = Field(
        "newest", description="the order; within it the newest come first"
    )
    format: ExportFormat | None = Field(
        None,
        description="send all that match as a file, newest first; `limit` and `offset` only cut it if they are given",
    )

    @property
    def cut(self) -> tuple[int | None, int]:
        """How much of a file is wanted: the limit, if one was given, and the offset."""
        return self.limit if "limit" in self.model_fields_set else None, self.offset


class _ByUser(HistoryFilters):
    username: Text = _USER


class _ByAddress(HistoryFilters):
    vpn_ip: Text = _ADDRESS
    ip: Text = Field(None, description="the same as `vpn_ip`")

    @property
    def address(self) -> str | None:
        """The address, by whichever name it came. Raises Invalid when they differ."""
        if None not in (self.ip, self.vpn_ip) and self.ip != self.vpn_ip:
            raise Invalid("ip and vpn_ip mean the same, but differ.", hint="Give one of them.")
        return self.vpn_ip if self.ip is None else self.ip


class HistoryQuery(_ByUser, _ByAddress):
    """Filters of the whole history."""


class UserHistoryQuery(_ByAddress):
    """Filters of one person's history."""


class AddressHistoryQuery(_ByUser):
    """Filters of one address's history."""


def add_history(
    router: APIRouter, service: DownloadService, catalog: CatalogService, people: People, clock: Clock
) -> None:
    """The routes of the history."""

    async def answer(request: Request, query: HistoryFilters, username: str | None, ip: str | None) -> Response:
        caller = await people.caller(request.scope)
        ip = None if ip is None else await people.recorded(ip)
        wanted = await _filter(catalog, query, caller, username, ip)
        if query.format is not None:
            rows = service.slices(wanted, *query.cut)
            return await respond(request, _EXPORT, query.format, rows, clock.now())
        count, found = await service.list_page(wanted, query.limit, query.offset)
        return page("requests", count, [request_json(one) for one in found])

    async def history(request: Request, query: Annotated[HistoryQuery, Query()]) -> Response:
        return await answer(request, query, query.username, query.address)

    async def history_of_user(
        request: Request, username: UserName, query: Annotated[UserHistoryQuery, Query()]
    ) -> Response:
        return await answer(request, query, username, query.address)

    async def history_of_ip(
        request: Request, vpn_ip: AddressName, query: Annotated[AddressHistoryQuery, Query()]
    ) -> Response:
        return await answer(request, query, query.username, vpn_ip)

    add_list(router, _PATH, history, RequestPage, "All requests, newest first")
    add_list(router, f"{_PATH}/user/{{username}}", history_of_user, RequestPage, "The requests of one person")
    add_list(router, f"{_PATH}/ip/{{vpn_ip}}", history_of_ip, RequestPage, "The requests from one address")


async def _filter(
    catalog: CatalogService, query: HistoryFilters, caller: Caller, username: str | None, ip: str | None
) -> RequestFilter:
    if query.format is not None and query.sort != BY_MOMENT:
        raise Invalid("A file has the newest first.", hint="Leave out sort, or leave out format.")
    return RequestFilter(
        username=username, vpn_ip=ip, status=query.status, since=in_utc(query.since), until=in_utc(query.until),
        model=None if query.model is None else await catalog.name_of(ref.parse(query.model), caller),
        kind=query.kind,
        source=query.source, job_id=query.job_id, text=query.q, sort=query.sort,
        viewer=rights.viewer(caller),
    )  # fmt: skip
