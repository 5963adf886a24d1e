"""Who is asking, as the depot sees it."""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer, Outcome, members
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.seat import OURS, THEIRS

NAME = "token"
_MAKE_ONE = "Make one with `steelyard tokens add LABEL`, or on the page of your account: export HF_TOKEN=sy_…"
_IMPLICIT = "HF_HUB_DISABLE_IMPLICIT_TOKEN"
_KNOWN_BY = {"account": "an account", "tailnet": "the tailnet", "proxy": "a trusted proxy"}


def check(seen: Observed) -> Iterator[Finding]:
    """The token, and whom the depot takes its sender for."""
    token, name = seen.seat.token, _name(seen.whoami)
    if token is None:
        yield _without(seen)
    elif token.startswith(THEIRS):
        yield _of_the_hub(seen)
    elif name is not None and _is_account(seen):
        yield fine(NAME, f"HF_TOKEN is good: the depot knows {name}")
    else:
        yield _refused(seen, token)
    if token is not None and seen.seat.says_yes(_IMPLICIT):
        remedy = f"Unset {_IMPLICIT}, or pass the token in each call."
        yield doubt("implicit token", f"{_IMPLICIT} is set: clients do not send HF_TOKEN by themselves", remedy)


def _without(seen: Observed) -> Finding:
    if not _is_let_in(seen):
        return fault(NAME, "HF_TOKEN is not set, and the depot wants to know who asks", _MAKE_ONE)
    who = _who(seen)
    if who is None:
        return doubt(NAME, "HF_TOKEN is not set: pulls count for this machine's address", _say_who(seen))
    return fine(NAME, f"HF_TOKEN is not set; {who}")


def _of_the_hub(seen: Observed) -> Finding:
    what = "HF_TOKEN is a token of the hub (hf_…): the depot neither forwards it nor takes it for a name"
    if not _is_let_in(seen):
        return fault(NAME, f"{what}, and wants to know who asks", _MAKE_ONE)
    who = _who(seen)
    if who is None:
        return doubt(NAME, f"{what}; pulls count for this machine's address", _say_who(seen))
    return fine(NAME, f"{what}. {who[0].upper()}{who[1:]}")


def _refused(seen: Observed, token: str) -> Finding:
    if token.startswith(OURS):
        status = f"whoami says {seen.whoami.status}" if isinstance(seen.whoami, Answer) else "whoami does not answer"
        return fault(NAME, f"HF_TOKEN is no longer good: {status}", f"It ended or was taken back. {_MAKE_ONE}")
    what = f"HF_TOKEN is no token of this depot ({OURS}…)"
    return doubt(NAME, what, _say_who(seen)) if _name(seen.whoami) else fault(NAME, what, _MAKE_ONE)


def _say_who(seen: Observed) -> str:
    """What to do for being known; in an open depot a name will do."""
    personal = f"; or, as this depot is open, HF_ENDPOINT={seen.place.root}/u/NAME/hf"
    return _MAKE_ONE + (personal if members(seen.me).get("mode") == "open" else "")


def _is_account(seen: Observed) -> bool:
    """Whether the token is what names the sender; where the depot's own routes are out of reach that is believed."""
    return bool(members(seen.me).get("identified_by", "account") == "account")


def _is_let_in(seen: Observed) -> bool:
    refused = isinstance(seen.missing_repo, Answer) and seen.missing_repo.status in {401, 403}
    return not refused or _name(seen.whoami) is not None or bool(members(seen.me).get("role"))


def _who(seen: Observed) -> str | None:
    """How pulls from here are put down to somebody; None when only the address tells them apart."""
    me = members(seen.me)
    known = str(me.get("identified_by", ""))
    if known in _KNOWN_BY:
        return f"the depot knows {me.get('username')} by {_KNOWN_BY[known]}"
    if seen.place.person:
        return f"pulls count for {seen.place.person}, as the address says"
    if seen.seat.origin:
        return f"pulls count for {seen.seat.origin}, as HF_HUB_USER_AGENT_ORIGIN says"
    return None


def _name(whoami: Outcome | None) -> str | None:
    name = members(whoami).get("name")
    return name if isinstance(name, str) and name else None
