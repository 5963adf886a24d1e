"""Whole lists as files, chunk by chunk."""

from collections.abc import AsyncIterator, Mapping

from steelyard.client.aio.connection import Connection
from steelyard.client.call import Value, query_of
from steelyard.client.shapes import ExportFormat

_MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv", "json": "application/json", "ndjson": "application/x-ndjson"}


async def export(wire: Connection, path: str, form: ExportFormat, filters: Mapping[str, Value]) -> AsyncIterator[bytes]:
    """The chunks of the file. Raises ServerUnreachable when it breaks off before its end, ApiError."""
    async with wire.stream(path, query_of({**filters, "format": form}), _MEDIA_TYPES[form]) as chunks:
        async for chunk in chunks:
            yield chunk
