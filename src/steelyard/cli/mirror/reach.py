"""Whether anybody answers, and how soon."""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer, Outcome, Silence, problem
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.place import shown
from steelyard.cli.mirror.proxies import proxy_of
from steelyard.core.units import format_duration

NAME = "reachable"
_LONG = 2.0  # seconds for an answer without any work: a line so slow is felt in every load
_CERTIFICATE = "Trust the certificate: set SSL_CERT_FILE to your authority's file, for the clients too."


def check(seen: Observed) -> Iterator[Finding]:
    """The first question of all."""
    here = shown(seen.place.base)
    if isinstance(seen.hello, Silence):
        yield fault(NAME, f"{here}: {_silence(seen.hello)}", _remedy(seen, seen.hello))
        return
    said = problem(seen.hello)
    if seen.hello.status == 403 and said.get("hint"):
        yield fault(NAME, f"{here}: refused. {said.get('detail', '')}", f"On the depot: {said['hint']}")
        return
    seconds = seen.hello.ended_after
    if seconds > _LONG:
        yield doubt(NAME, f"{here} took {spell(seconds)}", "Look at the line and at what stands in between.")
    else:
        yield fine(NAME, f"{here} answers in {spell(seconds)}{_others(seen)}{_in_front(seen.hello)}")


def spell(seconds: float) -> str:
    """Milliseconds below a second, else seconds with a decimal, else minutes."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else format_duration(seconds)


def is_unreachable(seen: Observed) -> bool:
    """Whether nothing could be looked at."""
    return isinstance(seen.hello, Silence)


def _others(seen: Observed) -> str:
    others = [shown(address) for address in seen.tried if address != seen.place.base]
    return f" (tried as well: {', '.join(others)})" if others else ""


def _silence(silence: Silence) -> str:
    if silence.why == "slow":
        return f"no answer within {spell(silence.seconds)}"
    return {"refused": "no connection", "untrusted": "the certificate is not trusted"}.get(
        silence.why, "the connection broke"
    ) + f" ({silence.reason})"


def _remedy(seen: Observed, silence: Silence) -> str:
    proxy = proxy_of(seen.seat.environ, seen.place.base)
    if silence.why == "untrusted":
        return _CERTIFICATE
    if proxy is not None:
        return f"Clients here go through the proxy {proxy}: add {seen.place.host} to NO_PROXY."
    return "Is the depot running, and does it listen beyond its own machine (--host 0.0.0.0)? Check name and port."


def _in_front(hello: Outcome) -> str:
    server = hello.headers.get("server") if isinstance(hello, Answer) else None
    return f"; {server} stands in front" if server else ""
