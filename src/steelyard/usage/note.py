"""How a route tells the access log what its request was about."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from steelyard.identity.principal import Caller
from steelyard.usage.access import STATE, UsageNote


def note(
    request: Request,
    *,
    type: str | None = None,  # noqa: A002
    model: str | None = None,
    caller: Caller | None = None,
    session: str | None = None,
    parameters: dict[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Fill in what is known by now; what stays empty is filled in by the middleware.

    ``more`` are other columns of the event; they win over what the middleware sees.
    """
    found: UsageNote | None = request.scope.get("state", {}).get(STATE)
    if found is None:
        return
    found.type = type or found.type
    found.model = model or found.model
    found.caller = caller or found.caller
    found.session = session or found.session
    found.parameters = parameters or found.parameters
    found.more.update(more or {})
