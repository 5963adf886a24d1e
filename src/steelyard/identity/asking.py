"""What a request shows of its sender, before anybody believes any of it."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from steelyard.http.guards import LOST_CLIENT, TRUSTED_PEER

SESSION_COOKIE = "steelyard_session"
_AGENT_LENGTH = 200
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Asking:
    """One request. ``address`` is the client's own: behind a trusted proxy the one that this proxy tells of.

    Where a proxy tells of none, ``is_lost``: the address is the proxy's, and says nothing about who asks. ``path`` is
    without the prefix of the depot. ``notes`` last as long as the request, which is looked at more than once.
    """

    headers: Headers
    address: str
    is_from_proxy: bool
    is_lost: bool = False
    method: str = "GET"
    path: str = "/"
    query: str = ""
    notes: MutableMapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def bearer(self) -> str | None:
        """What stands behind ``Authorization: Bearer``."""
        value = self.headers.get("authorization", "")
        return value[len(_BEARER) :].strip() if value.lower().startswith(_BEARER) else None

    @property
    def session(self) -> str | None:
        """The session's cookie; cookies of others that no specification allows do not hide it."""
        return cookie_parser(self.headers.get("cookie", "")).get(SESSION_COOKIE)

    @property
    def agent(self) -> str:
        """The program, cut short."""
        return self.headers.get("user-agent", "")[:_AGENT_LENGTH]


def asking(scope: Scope) -> Asking:
    """What this request shows."""
    state = scope.setdefault("state", {})
    return Asking(
        headers=Headers(scope=scope),
        address=scope["client"][0] if scope.get("client") else "unknown",
        is_from_proxy=bool(state.get(TRUSTED_PEER)),
        is_lost=bool(state.get(LOST_CLIENT)),
        method=scope.get("method", "GET"),
        path=scope.get("path", "/").removeprefix(scope.get("root_path", "")),
        query=scope.get("query_string", b"").decode("latin-1"),
        notes=state,
    )
