"""What FastAPI cannot know for the OpenAPI document: errors are problem documents, whatever the route."""

import copy
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from steelyard.http.problems import MEDIA_TYPE

Json = dict[str, Any]
_METHODS = ("get", "put", "post", "delete", "head", "patch")
_PROBLEM: Json = {
    "title": "Problem",
    "description": "An error (RFC 9457). `hint` is the exact call or command that helps, where there is one.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`urn:steelyard:problem:<slug>`, stable; or about:blank"},
        "title": {"type": "string", "description": "one line that is the same for every occurrence"},
        "status": {"type": "integer", "description": "the HTTP status"},
        "detail": {"type": "string", "description": "what happened this time"},
        "hint": {"type": "string", "description": "what to do next"},
        "errors": {
            "type": "array",
            "description": "each field that does not fit (422)",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "urn:steelyard:problem:model-missing", "title": "That model is not on the shelf", "status": 404,
        "detail": "gpt2 is not here.", "hint": "steelyard pull gpt2",
    },
}  # fmt: skip
_ALWAYS = (400, 403, 413, 422, 503)  # bodies, hosts, sizes, fields and a database that is away concern every route
_OF_ONE = (404,)
_UNSAFE = (409, 429)


def install(app: FastAPI) -> None:
    """Let ``app.openapi()`` tell the errors as they are; the document is made once."""
    original = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = with_problems(original())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI's own documentation shows


def with_problems(document: Json) -> Json:
    """The document with ``Problem`` in place of FastAPI's own shape of errors, and every route's errors named. Pure."""
    changed = copy.deepcopy(document)
    schemas = changed.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = _PROBLEM
    for path, method, operation in _operations(changed):
        responses = operation.setdefault("responses", {})
        for status in _statuses(path, method):
            _declare(responses, status)
        responses["default"] = _answer("Any other error")
    return changed


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document.get("paths", {}).items():
        for method in _METHODS:
            if method in operations:
                yield path, method, operations[method]


def _statuses(path: str, method: str) -> tuple[int, ...]:
    one = _OF_ONE if "{" in path else ()
    unsafe = () if method in {"get", "head"} else _UNSAFE
    return tuple(sorted({*_ALWAYS, *one, *unsafe}))


def _declare(responses: Json, status: int) -> None:
    known = responses.get(str(status), {})
    if not known or "HTTPValidationError" in str(known):
        responses[str(status)] = _answer(HTTPStatus(status).phrase)


def _answer(description: str) -> Json:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
