"""Whether parts of files can be fetched: what resuming, safetensors headers and streaming datasets rest on."""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer, Outcome
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed, RangeLook

NAME = "ranges"
_LET_THROUGH = (
    "Let the proxy pass Range and If-Range on, and answers of 206 back (nginx: no `proxy_cache`, no `slice`)."
)


def check(seen: Observed) -> Iterator[Finding]:
    """The first part that comes wrong, or that all come right."""
    if seen.model is None or seen.model.ranges is None:
        return
    look = seen.model.ranges
    wrong = _wrong_part(look)
    if wrong is not None:
        yield fault(NAME, wrong, _LET_THROUGH)
    elif isinstance(look.other, Answer) and look.other.status == 206:
        detail = "If-Range is not honoured: a resumed download could mix two versions of a file"
        yield fault(NAME, detail, _LET_THROUGH)
    elif isinstance(look.same, Answer) and look.same.status == 200:
        detail = "If-Range with the right ETag brings the whole file: interrupted downloads begin again"
        yield doubt(NAME, detail, "Does a proxy change ETags? Without compression it has no reason to.")
    else:
        yield fine(NAME, "parts come as asked (206), also under If-Range")


def _wrong_part(look: RangeLook) -> str | None:
    wanted = {"the first byte": (look.first, 0), "the last byte": (look.last, look.size - 1)}
    return next((wrong for name, (one, at) in wanted.items() if (wrong := _wrong(name, one, at, look.size))), None)


def _wrong(name: str, outcome: Outcome, at: int, size: int) -> str | None:
    if not isinstance(outcome, Answer):
        return f"{name} of a file did not come: {outcome.reason}"
    told = outcome.headers.get("content-range", "")
    if outcome.status == 200 and size > 1:
        return f"{name} was asked for and the whole file came (200): Range is dropped on the way"
    if outcome.status != 206:
        return f"{name} of a file: {outcome.status} {outcome.error_code or ''}".rstrip()
    if told.replace(" ", "") != f"bytes{at}-{at}/{size}":
        return f"{name} came as Content-Range {told!r} instead of bytes {at}-{at}/{size}"
    return f"{name} came as {outcome.received} bytes" if outcome.received != 1 else None
