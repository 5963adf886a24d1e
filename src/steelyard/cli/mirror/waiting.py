"""Whether answers begin before clients give up."""

from collections.abc import Iterator, Mapping

from steelyard.cli.mirror.answer import Answer, Outcome
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.reach import spell

NAME = "time-outs"
_USUAL = 10  # seconds, huggingface_hub.constants
_HEAD, _GET = "HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"


def check(seen: Observed) -> Iterator[Finding]:
    """The two time-outs of this environment, and the slowest answer under each."""
    unreadable = [name for name in (_HEAD, _GET) if _limit(seen.seat.environ, name) is None]
    if unreadable:
        names = " and ".join(unreadable)
        yield fault(NAME, f"{names}: no whole number, so clients do not start", f"Unset {names}, or write 30.")
        return
    slow = [*_slow(seen, _HEAD, _heads(seen)), *_slow(seen, _GET, _gets(seen))]
    yield from slow
    if not slow and seen.model is not None:
        longest = max((seconds for seconds in (*_heads(seen), *_gets(seen)) if seconds is not None), default=0.0)
        yield fine(NAME, f"files begin to come within {spell(longest)}; clients wait {_said(seen.seat.environ)}")


def _slow(seen: Observed, variable: str, waits: list[float | None]) -> Iterator[Finding]:
    limit = _limit(seen.seat.environ, variable) or _USUAL
    remedy = (
        f"export {variable}=60 here; look for a slow disk, a slow hub, or a proxy that fetches first, answers later."
    )
    if None in waits:
        yield fault(NAME, f"a file did not begin to come at all (clients wait {limit} s)", remedy)
    longest = max((wait for wait in waits if wait is not None), default=0.0)
    if longest > limit:
        yield fault(NAME, f"a file began after {spell(longest)}: clients give up after {limit} s ({variable})", remedy)
    elif longest > limit / 2:
        yield doubt(NAME, f"a file began after {spell(longest)}; clients give up after {limit} s ({variable})", remedy)


def _heads(seen: Observed) -> list[float | None]:
    return [_begun(look.head) for look in seen.looks()]


def _gets(seen: Observed) -> list[float | None]:
    return [_begun(look.get) for look in seen.looks()]


def _begun(outcome: Outcome) -> float | None:
    """Seconds until the first byte, or until the headers of an answer without a body."""
    if not isinstance(outcome, Answer):
        return None
    return outcome.headers_after if outcome.first_byte_after is None else outcome.first_byte_after


def _limit(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name)
    if text is None:
        return _USUAL
    try:
        return int(text) or _USUAL
    except ValueError:
        return None


def _said(environ: Mapping[str, str]) -> str:
    return f"{_limit(environ, _HEAD)} s for headers and {_limit(environ, _GET)} s for bytes"
