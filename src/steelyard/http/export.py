"""Lists as files: CSV, JSON and NDJSON, sent slice by slice, so that a list of any length takes no more memory.

- CSV: RFC 4180 in UTF-8 with a header; a cell that a spreadsheet would run as a formula gets a ``'`` in front.
- JSON: one object like the paged answer; ``count`` stands last and is the number of rows that were written.
- NDJSON: one object a line, no count.

When something breaks on the way, the connection is cut: JSON stays unclosed, and no format ends like a whole file.
"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from steelyard.core.clock import iso
from steelyard.http.shapes import Shape, answers

T = TypeVar("T")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # OWASP, "CSV Injection"


class ExportFormat(StrEnum):
    """What a list can be exported as."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"

    @property
    def media_type(self) -> str:
        """The content type."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ExportFormat.JSON: "application/json",
    ExportFormat.NDJSON: "application/x-ndjson",
}
_FILES = {kind: {"schema": {"type": "string"}} for kind in ("text/csv", "application/x-ndjson")}


@dataclass(frozen=True)
class Export(Generic[T]):
    """What is exported: the file's name without date and ending, the plural and the fields of its rows, in order."""

    name: str
    plural: str
    fields: tuple[str, ...]
    row: Callable[[T], Mapping[str, Any]]

    def file_name(self, kind: ExportFormat, now: datetime) -> str:
        """Such as ``steelyard-history-2026-11-20.csv``; the day is UTC's."""
        return f"steelyard-{self.name}-{iso(now)[:10]}.{kind.value}"


class Encoder(Protocol):
    """One file format: what stands before the rows, the rows, what stands behind them."""

    def head(self) -> bytes:
        """The beginning."""

    def rows(self, rows: Sequence[Mapping[str, Any]], *, is_first: bool) -> bytes:
        """Some rows, at least one."""

    def tail(self, count: int) -> bytes:
        """The end, which says that this was all."""


class CsvEncoder:
    """RFC 4180. Nothing is an empty cell, an object its JSON."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields

    def head(self) -> bytes:
        """The names of the fields."""
        return _csv([self._fields])

    def rows(self, rows: Sequence[Mapping[str, Any]], *, is_first: bool) -> bytes:
        """One line each."""
        return _csv([cell(row[field]) for field in self._fields] for row in rows)

    def tail(self, count: int) -> bytes:
        """Nothing."""
        return b""


class JsonEncoder:
    """One object: the rows, and how many they were."""

    def __init__(self, plural: str) -> None:
        self._plural = plural

    def head(self) -> bytes:
        """Up to the first row."""
        return f"{{{_json(self._plural)}:[".encode()

    def rows(self, rows: Sequence[Mapping[str, Any]], *, is_first: bool) -> bytes:
        """One line each, for programs that look at lines."""
        text = ",\n".join(map(_json, rows))
        return f"{'' if is_first else ','}\n{text}".encode()

    def tail(self, count: int) -> bytes:
        """The count."""
        return f'\n],"count":{count}}}\n'.encode()


class NdjsonEncoder:
    """One object a line."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, rows: Sequence[Mapping[str, Any]], *, is_first: bool) -> bytes:
        """The lines."""
        return "".join(f"{_json(row)}\n" for row in rows).encode()

    def tail(self, count: int) -> bytes:
        """Nothing."""
        return b""


def encoder_of(kind: ExportFormat, export: Export[T]) -> Encoder:
    """The encoder of a format."""
    if kind is ExportFormat.CSV:
        return CsvEncoder(export.fields)
    return JsonEncoder(export.plural) if kind is ExportFormat.JSON else NdjsonEncoder()


def cell(value: Any) -> str:
    """A value as a CSV cell: a text that begins like a formula is quoted with ``'``, which spreadsheets hide."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return _json(value)


def add_list(
    router: APIRouter, path: str, answer: Callable[..., Awaitable[Response]], shape: type[Shape], summary: str
) -> None:
    """Register a list that can be exported, for GET and for HEAD; ``shape`` is that of a page."""
    described = answers(shape, "One page; with `format` all of it as a file")
    described["responses"][200]["content"] = _FILES
    router.add_api_route(path, answer, methods=["GET"], summary=summary, **described)
    router.add_api_route(path, answer, methods=["HEAD"], response_model=None, include_in_schema=False)


async def respond(
    request: Request, export: Export[T], kind: ExportFormat, slices: AsyncIterator[Sequence[T]], now: datetime
) -> StreamingResponse:
    """The answer that sends ``slices`` as a file; they are read as the client takes them, and no longer.

    The first slice is read before the answer begins, so that what fails at once is an error like any other. ``HEAD``
    reads nothing.
    """
    name = export.file_name(kind, now)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    body = _nothing() if request.method == "HEAD" else await _begun(encoder_of(kind, export), export.row, slices)
    return StreamingResponse(body, headers=headers, media_type=kind.media_type)


async def _begun(
    encoder: Encoder, row: Callable[[T], Mapping[str, Any]], slices: AsyncIterator[Sequence[T]]
) -> AsyncIterator[bytes]:
    first = await anext(slices, None)

    async def body() -> AsyncIterator[bytes]:
        yield encoder.head()
        count, found = 0, first
        while found is not None:
            yield await asyncio.to_thread(_encode, encoder, row, found, is_first=count == 0)
            count += len(found)
            found = await anext(slices, None)
        yield encoder.tail(count)

    return body()


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _encode(encoder: Encoder, row: Callable[[T], Mapping[str, Any]], found: Sequence[T], *, is_first: bool) -> bytes:
    return encoder.rows([row(one) for one in found], is_first=is_first)


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
