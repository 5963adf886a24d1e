"""``POST /api/v1/events``, and the two addresses to which OpenTelemetry exports."""

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.routing import Route

from steelyard.core.errors import Invalid
from steelyard.http.bodylimit import BodyTooLarge, Routes
from steelyard.http.late import late_router
from steelyard.http.packed import UnreadableEncoding, announced, packed_body
from steelyard.http.plain import PlainJson
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.intake.lookup import may_name_others
from steelyard.usage.intake.otlp import read_export
from steelyard.usage.intake.reported import MOST_EVENTS, Batch, has_nul, read_batch
from steelyard.usage.intake.service import Intake, Receipt
from steelyard.usage.intake.shapes import ReceiptShape, ReportedShape
from steelyard.usage.note import note

MOST_BYTES = 16 * 1024 * 1024  # 10,000 events of 1,600 bytes
# Of 10,000 events with parameters there are half as many; reading more would hold up everybody.
_MOST_OBJECTS = 100_000
PACKED: Routes = (("POST", re.compile(r"/api/v1/events|/v1/(?:traces|logs)")),)  # they have a limit of their own
_LINES = ("ndjson", "jsonl", "json-seq", "x-json-stream")
_ACCEPTED = 202
# A batch whose events are wrong is answered all the same: each of them is judged by itself.
_BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["events"],
    "additionalProperties": False,
    "properties": {"events": {"type": "array", "maxItems": MOST_EVENTS, "items": {}}},
    "description": "Events, each as it may stand alone, too.",
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A batch, one event, or (`application/x-ndjson`) one event to a line.",
        "content": {"application/json": {"schema": {"oneOf": [_BATCH, ReportedShape.model_json_schema()]}}},
    }
}


class EventRefused(Invalid):
    """One bare event came, and it cannot be taken."""

    slug = "event-refused"
    title = "That event cannot be taken"


def create_router(intake: Intake, people: People) -> APIRouter:
    """The route of whoever reports."""
    router = late_router()

    @router.post(
        "/api/v1/events",
        tags=["events"],
        summary="Report what happened elsewhere",
        openapi_extra=_BODY,
        **answers(ReceiptShape, "What is accepted is on disk", status=_ACCEPTED),
    )
    async def report(request: Request) -> Response:
        caller = await people.caller(request.scope)
        note(request, caller=caller)
        batch, receipt = await taken(
            intake, request, caller, lambda body: read_batch(body, is_lines=_is_lines(request, body))
        )
        if batch.is_bare and receipt.rejected:
            raise EventRefused(f"{receipt.rejected[0].detail}.", hint="GET /docs shows what an event may have.")
        return PlainJson(receipt_json(receipt), _ACCEPTED)

    return router


def create_otlp_routes(intake: Intake, people: People) -> list[Route]:
    """Where OpenTelemetry exports to; their answers have its shape."""

    def route(path: str, count: str) -> Route:
        async def export(request: Request) -> Response:
            caller = await people.caller(request.scope)
            note(request, caller=caller)
            _require_json(request)
            names_people = may_name_others(caller)
            _, receipt = await taken(
                intake, request, caller,
                lambda body: Batch(read_export(body, names_people=names_people), has_nul=has_nul(body)),
            )  # fmt: skip
            return PlainJson(_partial_success(receipt, count))

        return Route(path, export, methods=["POST"])

    return [route("/v1/traces", "rejectedSpans"), route("/v1/logs", "rejectedLogRecords")]


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "")
    if "protobuf" in kind:
        hint = "Export over HTTP as JSON: OTEL_EXPORTER_OTLP_PROTOCOL=http/json, or encoding: json in a collector."
        raise UnreadableEncoding("OTLP is read here as JSON, not as protobuf.", hint=hint)


def _partial_success(receipt: Receipt, count: str) -> dict[str, Any]:
    if not receipt.rejected:
        return {}
    return {"partialSuccess": {count: len(receipt.rejected), "errorMessage": receipt.rejected[0].detail}}


async def taken(
    intake: Intake, request: Request, caller: Caller, read: Callable[[bytes], Batch]
) -> tuple[Batch, Receipt]:
    """The body, once there is room for it; unpacked and read once it has its turn, and not on the event loop.

    Raises IntakeFull, BodyTooSlow, BodyTooLarge, UnreadableEncoding, DatabaseAway.
    """
    async with intake.room(announced(request, MOST_BYTES)):
        packed = await packed_body(request, MOST_BYTES)
        return await intake.take_in(lambda: read(_bounded(packed.open(MOST_BYTES))), caller)


def _bounded(body: bytes) -> bytes:
    if body.count(b"{") > _MOST_OBJECTS:
        raise BodyTooLarge("The request has too many values.", hint="Send fewer events in one request.")
    return body


def _is_lines(request: Request, body: bytes) -> bool:
    """Whether each line is an event: the type says so, or it is not JSON's and there are several objects in lines."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("json") and not kind.endswith(_LINES):
        return False
    return kind.endswith(_LINES) or is_lines(body)


def is_lines(body: bytes) -> bool:
    """Whether the first line is an object and another one follows. Takes one look, whatever the body is."""
    first, _, rest = body.lstrip().partition(b"\n")
    return first.startswith(b"{") and first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """What became of a batch."""
    rejected = [{"index": each.index, "detail": each.detail} for each in receipt.rejected]
    return {"accepted": receipt.accepted, "duplicates": receipt.duplicates, "rejected": rejected}
