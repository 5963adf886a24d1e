"""The session's cookie.

No script reads it (HttpOnly), and other sites' forms do not send it (SameSite). Lax rather than Strict: a link to a
model in a chat must not look like being signed out; whatever changes something passes the Origin check besides.
"""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.identity.asking import SESSION_COOKIE

_DAY = 86_400


class SessionCookie:
    """How a depot hands it out: ``path`` is its path prefix, ``secure`` whether people come by HTTPS."""

    def __init__(self, path: str, *, secure: bool, days: float) -> None:
        self._path = path or "/"
        self._secure = secure
        self._seconds = round(days * _DAY)

    def give(self, response: Response, text: str) -> None:
        """Let the browser keep it."""
        response.set_cookie(
            SESSION_COOKIE,
            text,
            max_age=self._seconds,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def take(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(SESSION_COOKIE, path=self._path, secure=self._secure, httponly=True, samesite="lax")

    @staticmethod
    def shown(request: Request) -> str | None:
        """What the browser sent."""
        return request.cookies.get(SESSION_COOKIE)
