"""How a route tells the access log what its request was about."""

from starlette.requests import Request

from steelyard.identity.principal import Caller
from steelyard.usage.access import STATE, UsageNote


def note(request: Request, *, type: str | None = None, model: str | None = None, caller: Caller | None = None) -> None:  # noqa: A002
    """Fill in what is known by now; what stays empty is filled in by the middleware."""
    found: UsageNote | None = request.scope.get("state", {}).get(STATE)
    if found is None:
        return
    found.type = type or found.type
    found.model = model or found.model
    found.caller = caller or found.caller
