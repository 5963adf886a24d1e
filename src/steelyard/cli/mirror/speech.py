"""Whether somebody speaks the hub's protocol."""

from steelyard.cli.mirror.answer import Answer, Outcome, members

_ERRORS = frozenset({"x-error-code", "x-error-message"})


def speaks(hello: Outcome, whoami: Outcome) -> bool:
    """Whether the answers to ``/api/agent-harnesses`` and ``/api/whoami-v2`` are those of a hub or a mirror of it."""
    if "harnesses" in members(hello) or "auth" in members(whoami):
        return True
    return any(isinstance(one, Answer) and _ERRORS & one.headers.keys() for one in (hello, whoami))
