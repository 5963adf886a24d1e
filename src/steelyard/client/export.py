# Written by `make sdk` from client/aio/export.py: edit that.
"""Whole lists as files, chunk by chunk."""

from collections.abc import Iterator, Mapping

from steelyard.client.call import Value, query_of
from steelyard.client.connection import Connection
from steelyard.client.shapes import ExportFormat

_MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv", "json": "application/json", "ndjson": "application/x-ndjson"}


def export(wire: Connection, path: str, form: ExportFormat, filters: Mapping[str, Value]) -> Iterator[bytes]:
    """The chunks of the file. Raises ServerUnreachable when it breaks off before its end, ApiError."""
    with wire.stream(path, query_of({**filters, "format": form}), _MEDIA_TYPES[form]) as chunks:
        yield from chunks
