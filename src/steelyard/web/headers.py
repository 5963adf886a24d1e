"""The headers of every page: what a browser may load, and from where."""

from math import ceil

from starlette.responses import HTMLResponse, Response

from steelyard.core.errors import SteelyardError

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def guard(response: Response) -> Response:
    """Set the headers that keep a page to itself, and return it."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def page(text: str, error: SteelyardError | None = None) -> Response:
    """HTML with the status of the error it tells of, and when to ask again."""
    headers = {"Cache-Control": "no-cache", "Vary": "Accept, HX-Request"}
    if error is not None and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    return guard(HTMLResponse(text, status_code=200 if error is None else error.status, headers=headers))


def unkept(response: Response) -> Response:
    """Let no browser and no proxy keep an answer, and return it: it is about somebody, or holds a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response
