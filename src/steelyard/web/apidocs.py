"""View models of the API page: an OpenAPI 3 document as groups of routes. Pure."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from steelyard.web.schema import FieldView, Schemas

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_BOILERPLATE = ("Successful Response", "Validation Error")  # what FastAPI writes where nobody wrote anything
_VERSIONS = re.compile(r"^/api(/v\d+)?(?=/)")
_PARAMETER = re.compile(r"\{([^{}]+)\}")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """A path and the id of its place on the page."""

    id: str
    path: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One possible answer: status code, what it means, and its media types, which errors have in common."""

    status: str
    meaning: str
    media: str | None


@dataclass(frozen=True, slots=True)
class RouteView:
    """One route; ``aliases`` are other paths to the very same. ``curl`` is a line for a POSIX shell."""

    method: str
    address: Address
    aliases: tuple[Address, ...]
    summary: str
    description: str | None
    in_path: tuple[FieldView, ...]
    in_query: tuple[FieldView, ...]
    in_headers: tuple[FieldView, ...]
    in_body: tuple[FieldView, ...]
    answers: tuple[AnswerView, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """The routes with one tag."""

    id: str
    title: str
    routes: tuple[RouteView, ...]


def groups(document: Json, base: str) -> tuple[GroupView, ...]:
    """All routes of a document by their first tag, in its order; ``base`` is the address of the depot, without ``/``.

    Routes that differ only in ``/api`` or ``/api/v1`` before their path become one, under the shortest path.
    """
    found: dict[str, dict[tuple[str, ...], list[tuple[str, Json]]]] = {}
    for path, method, operation in _operations(document):
        tag = (operation.get("tags") or ["other"])[0]
        asked = json.dumps([operation.get(part) for part in ("summary", "parameters", "requestBody")])
        same = (method, _VERSIONS.sub("", path), asked)
        found.setdefault(tag, {}).setdefault(same, []).append((path, operation))
    return tuple(
        GroupView(
            id=f"group-{_slug(tag)}",
            title=tag.capitalize(),
            routes=tuple(_route(Schemas(document), base, method, twins) for (method, *_), twins in routes.items()),
        )
        for tag, routes in found.items()
    )


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document.get("paths", {}).items():
        for method in _METHODS:
            if method in operations:
                yield path, method, operations[method]


def _route(schemas: Schemas, base: str, method: str, twins: list[tuple[str, Json]]) -> RouteView:
    (path, operation), *others = sorted(twins, key=lambda twin: len(twin[0]))
    body = _body_schema(operation)
    return RouteView(
        method=method.upper(),
        address=_address(method, path),
        aliases=tuple(_address(method, other) for other, _ in others),
        summary=operation.get("summary") or path,
        description=(operation.get("description") or "").replace("`", "") or None,
        in_path=_parameters(schemas, operation, "path"),
        in_query=_parameters(schemas, operation, "query"),
        in_headers=_parameters(schemas, operation, "header"),
        in_body=() if body is None else schemas.fields(body),
        answers=tuple(_answer(status, answer) for status, answer in operation.get("responses", {}).items()),
        curl=_curl(schemas, f"{base}{path}", method, operation),
    )


def _address(method: str, path: str) -> Address:
    return Address(f"{method}-{_slug(path)}", path)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def _parameters(schemas: Schemas, operation: Json, place: str) -> tuple[FieldView, ...]:
    return tuple(
        schemas.field(
            one["name"], one.get("schema", {}), required=one.get("required", False), about=one.get("description")
        )
        for one in operation.get("parameters", ())
        if one["in"] == place
    )


def _body_schema(operation: Json) -> Json | None:
    schema: Json | None = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return schema


def _answer(status: str, answer: Json) -> AnswerView:
    meaning = answer.get("description", "")
    if status.isdigit() and (not meaning or meaning in _BOILERPLATE):
        meaning = HTTPStatus(int(status)).phrase
    return AnswerView(status, meaning, None if status >= "4" else ", ".join(answer.get("content", {})) or None)


def _curl(schemas: Schemas, address: str, method: str, operation: Json) -> str:
    body = _body_schema(operation)
    words = ["curl", "-s"]
    if "text/event-stream" in str(operation.get("responses", {})):
        words.append("-N")
    if method != ("get" if body is None else "post"):
        words += ["-X", method.upper()]
    words.append(_PARAMETER.sub(lambda match: match[1].upper(), address) + _sample_query(schemas, operation))
    if body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(schemas.sample_body(body))]
    return shlex.join(words)


def _sample_query(schemas: Schemas, operation: Json) -> str:
    wanted = {
        one["name"]: schemas.sample(one["name"], one.get("schema", {}))
        for one in operation.get("parameters", ())
        if one["in"] == "query" and one.get("required")
    }
    return f"?{urlencode(wanted)}" if wanted else ""
