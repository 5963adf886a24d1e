"""The path prefix of ``public_url``, whether or not the proxy in front strips it."""

from starlette.types import ASGIApp, Receive, Scope, Send


class PathPrefix:
    """ASGI middleware: makes ``path`` start with the prefix and names it as ``root_path``, as ASGI has it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with path and root_path in agreement."""
        if self._prefix and scope["type"] in {"http", "websocket"}:
            scope = {**scope, "path": complete(scope["path"], self._prefix), "root_path": self._prefix}
        await self._app(scope, receive, send)


def complete(path: str, prefix: str) -> str:
    """The path with its prefix: a proxy may have taken it off."""
    return path if path == prefix or path.startswith(f"{prefix}/") else prefix + path
