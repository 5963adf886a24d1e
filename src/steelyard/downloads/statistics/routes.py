"""``/api/v1/downloads/stats``."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from steelyard.catalog import rights
from steelyard.core.clock import iso
from steelyard.downloads.statistics.service import Lines, RequestNumbers, RequestStatistics
from steelyard.downloads.statistics.shapes import DownloadStats
from steelyard.downloads.statistics.store import Counted
from steelyard.http.late import late_router
from steelyard.http.plain import WrittenJson
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.usage.statistics.answers import Answers
from steelyard.usage.statistics.queries import RangeQuery, range_of
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.statistics.views import range_json
from steelyard.usage.statistics.zones import moment


def create_router(requests: RequestStatistics, statistics: Statistics, people: People, kept: Answers) -> APIRouter:
    """The route; ``statistics`` knows what range is meant, ``kept`` remembers what was answered."""
    router = late_router(tags=["statistics"])

    @router.get("/api/v1/downloads/stats", summary="Requests in numbers", **answers(DownloadStats))
    async def stats(request: Request, query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted, caller = range_of(statistics, query), await people.caller(request.scope)
        viewer, only = rights.viewer(caller), None if caller.is_admin else caller.name
        found = await kept.of(
            ("requests", wanted, viewer, only),
            lambda: requests.of(wanted, viewer, only),
            lambda numbers: [numbers_json(numbers)],
        )
        return WrittenJson(found[0])

    return router


def numbers_json(numbers: RequestNumbers) -> dict[str, Any]:
    """``DownloadStats``."""
    waits = numbers.waits
    return {
        **range_json(numbers.wanted),
        **_counted(numbers.total),
        "by_status": numbers.statuses,
        "by_source": numbers.sources,
        "by_kind": numbers.kinds,
        "time_to_completion": {
            "average_seconds": waits.average,
            "p50_seconds": waits.p50,
            "p95_seconds": waits.p95,
            "p99_seconds": waits.p99,
        },
        "users": _lines(numbers.people, "username"),
        "addresses": _lines(numbers.addresses, "ip_address"),
        "models": _lines(numbers.models, "model"),
        "series": [
            {"start": iso(moment(first)), "end": iso(moment(end)), **_counted(counted)}
            for first, end, counted in numbers.points
        ],
    }


def _lines(lines: Lines, field: str) -> list[dict[str, Any]]:
    return [{field: name, **_counted(counted)} for name, counted in lines]


def _counted(counted: Counted) -> dict[str, int]:
    return {
        "requests": counted.requests,
        "completed": counted.completed,
        "failed": counted.failed,
        "bytes": counted.size,
    }
