"""Errors on the wire: RFC 9457 ``application/problem+json``, with a ``hint`` whenever something can be done."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from steelyard.core.errors import SteelyardError, Unauthorized

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_MOST_FAULTS = 5  # nobody reads on; a body may have one for each of its values
_NAMED_FIELDS = "Change what is named here; GET /docs shows what every route takes."
_TITLES = {404: "Not found", 405: "Method not allowed", 400: "Bad request", 413: "Too large"}


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    slug: str = "about:blank",
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """One problem document. ``slug`` becomes the last part of ``type``."""
    kind = slug if slug == "about:blank" else f"urn:steelyard:problem:{slug}"
    body = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    if hint:
        body["hint"] = hint
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def from_error(error: SteelyardError) -> Response:
    """The answer for one of our own errors."""
    headers = {} if error.retry_after is None else {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    if error.status == Unauthorized.status:
        headers["WWW-Authenticate"] = 'Bearer realm="steelyard"'  # RFC 9110, section 11.6.1
    return problem(error.status, error.title, error.detail, slug=error.slug, hint=error.hint, headers=headers)


def unexpected() -> Response:
    """The answer for an error that nobody foresaw."""
    return problem(
        500,
        SteelyardError.title,
        "An unexpected error happened; it is in the server's log under the request id of this answer.",
        slug=SteelyardError.slug,
    )


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem; nothing internal leaves."""
    app.add_exception_handler(SteelyardError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _own(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SteelyardError)  # noqa: S101 - the registration above guarantees it
    if error.status >= 500:
        logger.warning("%s: %s", error.slug, error.detail)
    return from_error(error)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the registration above guarantees it
    faults = _faults(error.errors()[:_MOST_FAULTS])
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
    whole_body = any(fault["field"] == "body" for fault in faults)
    hint = "Send one JSON object, with Content-Type: application/json." if whole_body else _NAMED_FIELDS
    return problem(422, "The request is not valid", detail, slug="invalid", errors=faults, hint=hint)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the registration above guarantees it
    title = _TITLES.get(error.status_code, "The request failed")
    hint = "GET /docs lists every route." if error.status_code in {404, 405} else None
    return problem(error.status_code, title, str(error.detail), hint=hint, headers=error.headers)


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return unexpected()


def _faults(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Field and message only: pydantic's own form repeats the input, which may hold secrets."""
    return [{"field": _field(item["loc"]), "message": _message(item)} for item in errors]


def _field(location: Sequence[Any]) -> str:
    # A number right behind "body" is where the JSON broke, not a field.
    named = location[:1] if len(location) == 2 and isinstance(location[1], int) else location
    parts = [str(part) for part in named if part not in {"body", "query", "path", "header"}]
    return ".".join(part[:60] for part in parts) or str(location[0])


def _message(item: Mapping[str, Any]) -> str:
    return "this field is not known" if item["type"] == "extra_forbidden" else str(item["msg"])[:200]
