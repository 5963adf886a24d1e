"""``python -m steelyard.testing.reference DIR``: the pages that say what the code says, written from the code.

Settings come from the pydantic models, statuses from their enumerations, errors from the subclasses of SteelyardError,
routes from the OpenAPI document of a depot in a temporary home. A test compares them with the committed pages.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from steelyard import recounting  # noqa: F401 - brings in the errors of a command that the server does not need
from steelyard.app import build, create_app, running
from steelyard.catalog.models import ModelStatus
from steelyard.core.errors import SteelyardError
from steelyard.downloads.imports.report import Outcome
from steelyard.downloads.models import RequestStatus
from steelyard.downloads.waiting import ApprovalState
from steelyard.http.problems import MEDIA_TYPE
from steelyard.jobs.models import JobStatus
from steelyard.settings import FILE_NAME, PREFIX, USUAL, Settings

HEAD = "<!-- Written by `make docs`. Change the code, not this page. -->"
_PLATFORM_DEFAULTS = {"home": "the platform's data folder", "store": "`store` in the home folder"}
_TYPES = {
    "boolean": "true or false", "integer": "whole number", "number": "number", "string": "text", "array": "list",
}  # fmt: skip
_METHODS = ("get", "post", "put", "patch", "delete")
_OF_REQUESTS = (
    "`status` in the history of downloads. This version sets `pending`, `enqueued`, `downloading`, `completed`, "
    "`failed`, `cancelled`, `awaiting_approval` and `denied`; the other words are for searches, which come later."
)
_OF_MODELS = "`status` in `GET /api/models/{id}`; computed, never set by hand."
_UNEXPECTED = "Anything that nobody foresaw; the server's log has it under the request id of the answer."
_PAGES = """## Pages

HTML for people, outside OpenAPI. `GET /` is the library (query: `q`, `status`, `format`, `owner`, `sort`, `offset`;
`status=deleted` is the trash, `pull` fills in the form), `GET /models/{id}` one model, `GET /downloads` jobs and
history (query: `q`, `username`, `ip`, `status`, `model`, `since`, `until`, `offset`), `GET /running` models in memory
and engines, `GET /insights` how models are used (query: `days`, `tz`), `GET /chat` a place to try one (query:
`model`), `GET /docs` the API. `GET /live`, `/live/models/{id}`, `/live/downloads`, `/live/insights` and
`/live/running` are their streams of changes. Forms: `POST /pages/pull`, `/pages/running/unload`,
`/pages/jobs/{id}/{action}`, `/pages/models/edit/{id}` and `/pages/models/{delete|restore|purge|verify}/{id}`.
`GET /static/…` are their files."""


class Explained(Protocol):
    """A member of an enumeration that carries a line of meaning."""

    @property
    def value(self) -> str:
        """The word on the wire."""

    @property
    def meaning(self) -> str:
        """What it means."""


def pages() -> dict[str, str]:
    """The text of every generated page, by file name."""
    document = openapi()  # first: building a depot loads what is loaded by name, with its errors
    return {
        "settings.md": settings_page(),
        "statuses.md": statuses_page(),
        "errors.md": errors_page(),
        "routes.md": routes_page(document),
    }


def settings_page() -> str:
    """Every setting: its name in the file, its variable, what it takes, its default, what it does."""
    usual = "\n".join(f"- `{variable}` sets `{name}`" for variable, name in USUAL.items())
    text = (
        f"Command-line options win over `{PREFIX}*` variables, these over the usual names of other tools, these over "
        f"`{FILE_NAME}` in the home folder, that over the defaults. `steelyard config` shows what is in force and "
        "where it came from. In a variable, lists are written as JSON; sizes may have a unit, like `50MB`.\n\n"
        f"Usual names of other tools:\n\n{usual}"
    )
    return _page("Settings", text, *_areas(Settings, ""))


def statuses_page() -> str:
    """The words of jobs, requests and models with their meanings."""
    groups: Mapping[str, tuple[str, type[StrEnum]]] = {
        "Jobs": ("`status` in `GET /jobs/{id}`.", JobStatus),
        "Requests": (_OF_REQUESTS, RequestStatus),
        "Models": (_OF_MODELS, ModelStatus),
        "Approvals": ("`status` in `GET /api/v1/approvals`.", ApprovalState),
        "Imports": ("`status` of each model in `GET /api/v1/imports/{job_id}`.", Outcome),
    }
    sections = [
        f"## {title}\n\n{text}\n\n{table(('Status', 'Meaning'), _meanings(words))}"
        for title, (text, words) in groups.items()
    ]
    return _page("Statuses", "Every word has one meaning, given in the code beside it.", *sections)


def errors_page() -> str:
    """Every error that may leave the server: slug, HTTP status, title, and when it is raised."""
    text = (
        f"Errors are `{MEDIA_TYPE}` (RFC 9457). `type` ends with the slug, `detail` says what happened and `hint`, "
        "where there is one, what to do next."
    )
    kinds = sorted(error_classes(), key=lambda kind: (kind.status, kind.slug))
    rows = [(f"`{kind.slug}`", str(kind.status), kind.title, _when(kind)) for kind in kinds]
    return _page("Errors", text, table(("Slug", "Status", "Title", "When"), rows))


def routes_page(document: Mapping[str, Any]) -> str:
    """Every route of an OpenAPI document, by tag."""
    text = (
        "The server describes these in full at `/docs` and `/openapi.json`. Lists answer "
        '`{"count": total, plural: […]}` and take `limit` (1 to 1000, default 100) and `offset`. Unknown parameters '
        "and fields are refused with 422. A `*` marks what must be given."
    )
    groups: dict[str, list[Sequence[str]]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                tag = methods[method].get("tags", ["other"])[0]
                groups.setdefault(tag, []).append(_route(document, path, method, methods[method]))
    columns = ("Route", "What it does", "Query", "Body")
    sections = [f"## {tag.title()}\n\n{table(columns, rows)}" for tag, rows in groups.items()]
    return _page("Routes", text, *sections, _PAGES)


def openapi() -> dict[str, Any]:
    """The OpenAPI document of a depot that lives for a moment in a temporary home."""

    async def describe(home: Path) -> dict[str, Any]:
        depot = build(Settings(home=home))
        async with running(depot):
            return create_app(depot).openapi()

    with tempfile.TemporaryDirectory() as home:
        return asyncio.run(describe(Path(home)))


def error_classes(root: type[SteelyardError] = SteelyardError) -> Iterator[type[SteelyardError]]:
    """A class and all its subclasses in the product itself: not those of tests and stand-ins."""
    if root.__module__.startswith("steelyard.") and not root.__module__.startswith("steelyard.testing"):
        yield root
    for below in root.__subclasses__():
        yield from error_classes(below)


def variable(name: str) -> str:
    """The environment variable of a setting: ``STEELYARD_JOBS__CONCURRENCY`` for ``jobs.concurrency``."""
    return f"{PREFIX}{name.replace('.', '__').upper()}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Put pages into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


def _areas(model: type[BaseModel], prefix: str) -> Iterator[str]:
    properties = model.model_json_schema()["properties"]
    nested = {
        name: info.annotation
        for name, info in model.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    }
    rows = [_setting(f"{prefix}{name}", properties[name]) for name in model.model_fields if name not in nested]
    title = f"## `[{prefix.rstrip('.')}]`" if prefix else "## Top level"
    columns = ("Setting", "Variable", "Takes", "Default", "Meaning")
    yield f"{title}\n\n{_first_paragraph(model)}\n\n{table(columns, rows)}"
    for name, below in nested.items():
        yield from _areas(below, f"{prefix}{name}.")


def _setting(name: str, schema: Mapping[str, Any]) -> Sequence[str]:
    default = _PLATFORM_DEFAULTS.get(name) or _default(schema.get("default"))
    return f"`{name}`", f"`{variable(name)}`", _takes(schema), default, schema.get("description", "")


def _default(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _takes(schema: Mapping[str, Any]) -> str:
    """What a setting takes, in words: the part of its JSON schema that is not null."""
    wanted = next((one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"), schema)
    if "enum" in wanted:
        return ", ".join(f"`{word}`" for word in wanted["enum"])
    kind = "secret text" if wanted.get("format") == "password" else _TYPES.get(wanted.get("type", ""), "text")
    lowest, above = wanted.get("minimum"), wanted.get("exclusiveMinimum")
    highest = wanted.get("maximum")
    limits = [f"at least {_number(lowest)}"] if lowest is not None else []
    limits += [f"above {_number(above)}"] if above is not None else []
    limits += [f"at most {_number(highest)}"] if highest is not None else []
    return ", ".join([kind, *limits])


def _number(value: float) -> str:
    return f"{value:g}"


def _route(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Sequence[str]:
    queries = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    query = ", ".join(_named(one["name"], required=one.get("required", False)) for one in queries)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = document["components"]["schemas"][content["$ref"].rpartition("/")[2]] if "$ref" in content else {}
    required = body.get("required", [])
    fields = ", ".join(_named(name, required=name in required) for name in body.get("properties", {}))
    return f"`{method.upper()} {path}`", operation.get("summary", ""), query, fields


def _named(name: str, *, required: bool) -> str:
    return f"`{name}`{'*' if required else ''}"


def _meanings(words: Iterable[Explained]) -> list[Sequence[str]]:
    return [(f"`{word.value}`", word.meaning) for word in words]


def _when(kind: type[SteelyardError]) -> str:
    return _UNEXPECTED if kind is SteelyardError else _first_paragraph(kind)


def _first_paragraph(found: type) -> str:
    return " ".join((found.__doc__ or "").strip().partition("\n\n")[0].split()).replace("``", "`")


def _page(title: str, text: str, *sections: str) -> str:
    return "\n\n".join([HEAD, f"# {title}", text, *sections]) + "\n"


def main() -> None:
    """Write the pages into the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m steelyard.testing.reference", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pages go; made if it is not there")
    write(parser.parse_args().folder, pages())


if __name__ == "__main__":
    main()
