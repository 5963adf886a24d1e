"""Refusals of a push, in the hub's own shape."""

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from steelyard.core.errors import SteelyardError
from steelyard.dialects.huggingface.errors import answer

Handler = Callable[[Request], Awaitable[Response]]


def refused(error: SteelyardError, **more: str) -> JSONResponse:
    """The answer for one of our errors; ``more`` stands in its body too."""
    found = answer(error, is_push=True)
    return JSONResponse({**found.body, **more}, found.status, found.headers)


def answered(handler: Handler) -> Handler:
    """The handler, whose errors become answers."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except SteelyardError as error:
            return refused(error)
        except ClientDisconnect:  # nobody hears the answer
            return Response(status_code=400)

    return endpoint
