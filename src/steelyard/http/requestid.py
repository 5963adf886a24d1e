"""Every request has an id: in its answer, and in every log line written on its behalf."""

import logging
import re
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard.core.ids import new_uuid
from steelyard.http.fields import field
from steelyard.http.problems import unexpected
from steelyard.http.transfer import ClientLeft

logger = logging.getLogger("steelyard.access")
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADER = b"x-request-id"
# Whose history it was is for no log, nor the address that is the proof of whoever sends bytes there.
_UNTOLD = re.compile(r"(/downloads/history/ip/|/hf/api/lfs/).+", re.DOTALL)
_QUIET = ("/health", "/metrics", "/static/", "/live")  # probes and our own pages would drown the rest


class RequestId:
    """ASGI middleware: takes a sane ``X-Request-ID`` from the caller, else makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id, answer with it, and log one line when the answer is done.

        An unexpected error is logged and answered here, because further out nobody knows the id.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = _identifier(scope)
        started = time.monotonic()
        status: int | None = None

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = _tagged(message, identifier)
            await send(message)

        bound = structlog.contextvars.bind_contextvars(request_id=identifier)
        try:
            await self._app(scope, receive, tagged)
        except ClientLeft:
            raise
        except Exception:
            logger.exception("unexpected error")
            if status is not None:
                raise
            await unexpected()(scope, receive, tagged)
        finally:
            _log(scope, status or 500, time.monotonic() - started)
            structlog.contextvars.reset_contextvars(**bound)


def _identifier(scope: Scope) -> str:
    given = field(scope, _HEADER)
    return given if given and _SANE.fullmatch(given) else new_uuid()


def _tagged(message: Message, identifier: str) -> Message:
    """The head of an answer with the id, and with no other one."""
    others = [pair for pair in message.get("headers", ()) if pair[0] != _HEADER]
    return {**message, "headers": [*others, (_HEADER, identifier.encode())]}


def _log(scope: Scope, status: int, seconds: float) -> None:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    level = logging.DEBUG if path.startswith(_QUIET) else logging.INFO
    if not logger.isEnabledFor(level):
        return
    fields = {
        "method": scope["method"],
        "path": _UNTOLD.sub(r"\1…", scope["path"])[:300],
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    # Logger.log looks for the line that calls it, which is this one at each request.
    logger.handle(logger.makeRecord(logger.name, level, __file__, 0, "request", (), None, extra=fields))
