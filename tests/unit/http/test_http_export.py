"""Lists as files: whole ones can be read by anybody, broken ones by nobody."""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRouter
from starlette.responses import Response

from steelyard.core.errors import Unavailable
from steelyard.http import problems
from steelyard.http.export import Export, ExportFormat, add_list, cell, encoder_of, respond
from steelyard.http.shapes import Shape

Row = dict[str, Any]
NOW = datetime(2026, 3, 4, 23, 59, tzinfo=UTC)
EXPORT = Export[Row]("things", "things", ("id", "name", "more"), lambda row: row)
NAMES = ["plain", 'a "quoted", one', "two\nlines", "=SUM(A1)", "naïve ☃ 漢字", "", " = not first"]
ROWS: list[Row] = [{"id": number, "name": name, "more": None} for number, name in enumerate(NAMES)]
ROWS[0]["more"] = {"steps": 30, "ok": True}
every_format = pytest.mark.parametrize("kind", ExportFormat)


class Source:
    """Slices of rows, and how many were taken; after ``whole`` of them it breaks."""

    def __init__(self, slices: Sequence[Sequence[Row]], whole: int | None = None) -> None:
        self._slices = slices
        self._whole = whole
        self.taken = 0

    async def read(self) -> AsyncIterator[Sequence[Row]]:
        """The slices."""
        for number, rows in enumerate(self._slices):
            if number == self._whole:
                raise Unavailable("The database went away.")
            self.taken += 1
            yield rows


def _app(source: Source) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    router = APIRouter()

    async def things(request: Request, format: ExportFormat) -> Response:  # noqa: A002 - the parameter's name
        return await respond(request, EXPORT, format, source.read(), NOW)

    add_list(router, "/things", things, Shape, "Things")
    app.include_router(router)
    return app


async def _ask(source: Source, kind: ExportFormat, method: str = "GET") -> httpx2.Response:
    transport = httpx2.ASGITransport(_app(source), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://depot") as client:
        return await client.request(method, "/things", params={"format": kind.value})


def _read(kind: ExportFormat, text: str) -> list[Row]:
    if kind is ExportFormat.JSON:
        whole = json.loads(text)
        assert whole["count"] == len(whole["things"])
        return list(whole["things"])
    if kind is ExportFormat.NDJSON:
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text, newline="")))


@every_format
async def test_what_is_exported_is_what_is_there(kind: ExportFormat) -> None:
    answer = await _ask(Source([ROWS[:3], ROWS[3:6], ROWS[6:]]), kind)
    assert answer.status_code == 200
    found = _read(kind, answer.content.decode())
    if kind is ExportFormat.CSV:
        assert [row["name"].removeprefix("'") for row in found] == NAMES
        assert json.loads(found[0]["more"]) == ROWS[0]["more"]
        assert (found[1]["id"], found[1]["more"]) == ("1", "")
    else:
        assert found == ROWS


@every_format
async def test_an_empty_list_is_a_whole_file_too(kind: ExportFormat) -> None:
    answer = await _ask(Source([]), kind)
    assert _read(kind, answer.content.decode()) == []
    if kind is ExportFormat.CSV:
        assert answer.text == "id,name,more\r\n"


@every_format
async def test_the_file_has_a_name_with_the_day_and_is_not_kept_by_caches(kind: ExportFormat) -> None:
    headers = (await _ask(Source([ROWS]), kind)).headers
    assert headers["content-disposition"] == f'attachment; filename="steelyard-things-2026-03-04.{kind.value}"'
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == kind.media_type


@every_format
async def test_head_tells_the_same_and_reads_nothing(kind: ExportFormat) -> None:
    source = Source([ROWS])
    asked, whole = await _ask(source, kind, "HEAD"), await _ask(Source([ROWS]), kind)
    assert (asked.status_code, asked.content, source.taken) == (200, b"", 0)
    assert asked.headers == whole.headers


@every_format
async def test_what_breaks_before_the_first_row_is_an_error_like_any_other(kind: ExportFormat) -> None:
    answer = await _ask(Source([ROWS], whole=0), kind)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == problems.MEDIA_TYPE


@every_format
async def test_what_breaks_on_the_way_never_comes_to_an_end(kind: ExportFormat) -> None:
    sent = await _sent(Source([ROWS[:3], ROWS[3:]], whole=1), kind)
    assert sent[0]["status"] == 200
    assert len(b"".join(message["body"] for message in sent[1:])) > 20
    assert all(message["more_body"] for message in sent[1:]), "the server would finish the answer well"
    if kind is ExportFormat.JSON:
        with pytest.raises(json.JSONDecodeError):
            json.loads(b"".join(message["body"] for message in sent[1:]))


async def test_a_slice_is_read_only_when_the_one_before_is_gone() -> None:
    source = Source([ROWS, ROWS, ROWS])
    seen: list[int] = []
    await _sent(source, ExportFormat.NDJSON, lambda: seen.append(source.taken))
    # The start and the head of the file follow upon the first slice; each further slice upon the one before it.
    assert seen[:5] == [1, 1, 1, 2, 3]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@name", "\tname", "\rname", "\nname"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (True, "true"), (False, "false"), (7, "7"), (-7, "-7"), (1.5, "1.5"), ("a=b", "a=b"), ([], "[]")],
)
def test_cells(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_csv_ends_its_lines_as_the_rfc_says_and_names_what_it_holds() -> None:
    encoder = encoder_of(ExportFormat.CSV, EXPORT)
    assert encoder.head() == b"id,name,more\r\n"
    assert encoder.rows([ROWS[1]], is_first=True) == b'1,"a ""quoted"", one",\r\n'


async def _sent(source: Source, kind: ExportFormat, look: Any = None) -> list[dict[str, Any]]:
    """The messages of the answer, up to where it broke; ``look`` is called at each."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        if look is not None:
            look()
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    query = f"format={kind.value}".encode()
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
             "path": "/things", "raw_path": b"/things", "query_string": query, "headers": [], "root_path": "",
             "scheme": "http", "server": ("depot", 80), "client": ("127.0.0.1", 1)}  # fmt: skip
    with suppress(RuntimeError):  # a server that sees one cuts the connection
        await _app(source)(scope, receive, send)
    return sent
