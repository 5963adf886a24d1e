"""Static files: read once at start, known by their hash, and so cached by browsers for as long as they like."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import NotFound

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file: its bytes, its media type, and the start of its SHA-256."""

    body: bytes
    media_type: str
    version: str


class Assets:
    """All static files below a folder, by their relative path. About 60 kB in memory, so no path is ever opened."""

    def __init__(self, folder: Path) -> None:
        self._assets = {
            path.relative_to(folder).as_posix(): _read(path) for path in folder.rglob("*") if path.suffix in _TYPES
        }

    def address(self, name: str) -> str:
        """The path below the prefix, with the version. Raises KeyError: a template names a file that is not there."""
        return f"/static/{name}?v={self._assets[name].version}"

    async def serve(self, request: Request) -> Response:
        """``GET /static/{path}``. A current version in the query is cached for good, else the ETag decides."""
        asset = self._assets.get(request.path_params["path"])
        if asset is None:
            raise NotFound("There is no such file.", hint="Load the page again: it names the files of this version.")
        current = request.query_params.get("v") == asset.version
        headers = {
            "ETag": f'"{asset.version}"',
            "Cache-Control": _FOREVER if current else "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])
