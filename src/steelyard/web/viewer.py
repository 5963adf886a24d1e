"""Whoever looks at a page: what stands about them in its head, and which buttons are theirs.

A button that is not shown is a kindness, no guard: the gate and the services refuse whatever is sent all the same.
"""

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody, with what they may do.

    ``role`` is None for whom the depot does not know; ``known_by`` is how it knows them. ``account`` is None for
    guests, and for everybody in an open depot (``is_open``), where all are administrators. ``has_session``: they signed
    in with this browser, and so can sign out.
    """

    name: str | None = None
    role: str | None = None
    account: str | None = None
    known_by: str | None = None
    is_open: bool = False
    has_session: bool = False
    asks: bool = False
    pulls: bool = False
    changes: bool = False
    runs: bool = False

    @property
    def looks(self) -> bool:
        """Whether the shelf is theirs to see."""
        return self.role is not None

    def may_change(self, owner: str | None) -> bool:
        """Whether a model of this owner is theirs to change."""
        return self.runs or (self.changes and owner is not None and owner == self.account)


EVERYBODY = Viewer(role="admin", is_open=True, asks=True, pulls=True, changes=True, runs=True)
NOBODY = Viewer()


class Viewers(Protocol):
    """Finds out who looks."""

    async def viewer(self, request: Request) -> Viewer:
        """Whoever sent this request; NOBODY where nobody knows. Raises SteelyardError."""


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """Implements Viewers for a depot that asks nobody."""

    async def viewer(self, request: Request) -> Viewer:
        """Everybody."""
        return EVERYBODY


def viewer_of(request: Request) -> Viewer:
    """Who was found for this request."""
    found: Viewer = getattr(request.state, "viewer", EVERYBODY)
    return found
