# Written by `make sdk` from client/aio/sessions.py: edit that.
"""Conversations that the depot keeps; ``session`` of a chat names one, and a new name begins one."""

from collections.abc import Iterator, Sequence

from steelyard.client.call import Call, nothing, page, shape
from steelyard.client.connection import Sender
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.shapes import Session, SessionPage, WholeSession

_SESSIONS = "/api/v1/sessions"


class Sessions:
    """``client.sessions``: your own; nobody sees those of others."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def list(self, *, limit: int | None = None, offset: int | None = None) -> SessionPage:
        """One page, the one used last first; ``count`` is the number of all."""
        params = {"limit": limit, "offset": offset}
        return self._wire.send(Call("GET", _SESSIONS, page(SessionPage, "sessions"), params))

    def iterate(self, *, page_size: int = PAGE_SIZE) -> Iterator[Session]:
        """All of them, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[Session]]:
            found = self.list(limit=limit, offset=offset)
            return found["count"], found["sessions"]

        return iterate(fetch, page_size)

    def get(self, session: str) -> WholeSession:
        """One with what was said, the oldest first. Raises NotFound."""
        return self._wire.send(Call("GET", _path(session), shape(WholeSession)))

    def delete(self, session: str) -> None:
        """Forget it. Raises NotFound."""
        self._wire.send(Call("DELETE", _path(session), nothing))


def _path(session: str) -> str:
    return f"{_SESSIONS}/{segment(session, 'name of the session')}"
