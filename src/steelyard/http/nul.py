"""NUL characters in addresses are refused: no name here has one, and PostgreSQL takes none even in a comparison."""

from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.core.errors import Invalid
from steelyard.http.problems import from_error


class NoNul:
    """ASGI middleware that answers 422 to a NUL in the path or the query; bodies are checked by their models."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "http" and has_nul(scope["path"], scope["query_string"]):
            error = Invalid("The address contains a NUL character.", hint="Take the %00 out of it.")
            await from_error(error)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def has_nul(path: str, query: bytes) -> bool:
    """Whether a decoded path or a raw query has a NUL in it."""
    return "\0" in path or b"%00" in query or b"\0" in query
