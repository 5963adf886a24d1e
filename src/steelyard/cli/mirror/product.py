"""Whether it is a mirror, and whose."""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer, Outcome, members
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.place import MIRROR

NAME = "mirror"
_REALM = 'realm="steelyard"'


def check(seen: Observed) -> Iterator[Finding]:
    """The hub's protocol, and the depot's own word for who asks."""
    if seen.whoami is not None:
        yield _spoken(seen)
    elif isinstance(seen.hello, Answer) and seen.hello.target is not None:
        return  # where that leads is another check's matter
    elif _is_depot(seen.me):
        remedy = f"Use {seen.place.root}{MIRROR}. Releases up to 0.1.0 have no mirror: update the depot."
        yield fault(NAME, f"a Steelyard depot without a mirror: {_status(seen.hello)}", remedy)
    else:
        remedy = f"The address ends with {MIRROR}, as in http://depot:8420{MIRROR}; check name, port and path."
        yield fault(NAME, f"no mirror of the hub: {_status(seen.hello)}", remedy)


def _spoken(seen: Observed) -> Finding:
    if _is_depot(seen.me):
        return fine(NAME, f"a Steelyard depot at {seen.place.root}")
    if _is_depot(seen.whoami):
        return fine(NAME, f"a Steelyard mirror; the depot's own routes do not answer at {seen.place.root}")
    remedy = f"Nothing to do if only {MIRROR} is let through to the depot. Else check the address."
    return doubt(NAME, "speaks the hub's protocol, but does not say that it is a Steelyard", remedy)


def _is_depot(outcome: Outcome | None) -> bool:
    """Whether the answer to ``/api/v1/me`` or ``/api/whoami-v2`` is a depot's."""
    if isinstance(outcome, Answer) and _REALM in outcome.headers.get("www-authenticate", ""):
        return True
    said = members(outcome)
    return "identified_by" in said or _label(said.get("auth")) == "steelyard"


def _label(auth: object) -> object:
    """What the hub calls the name of a token: the mirror's is always the same."""
    token = auth.get("accessToken") if isinstance(auth, dict) else None
    return token.get("displayName") if isinstance(token, dict) else None


def _status(hello: Outcome) -> str:
    return f"{hello.path} says {hello.status}" if isinstance(hello, Answer) else "no answer"
