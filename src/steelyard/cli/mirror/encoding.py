"""Whether files come as they are. Weights do not get smaller by compression, but lose their length on the way."""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import FileLook, Observed

NAME = "compression"
_OFF = "Switch compression off for the mirror (nginx: `gzip off;`; Caddy: no `encode` for /hf)."


def check(seen: Observed) -> Iterator[Finding]:
    """Both files, the weights first."""
    looks = [look for look in seen.looks() if isinstance(look.get, Answer) and look.get.is_fine]
    findings = [found for look in looks if (found := _wrong(look))]
    if findings:
        yield max(findings, key=lambda finding: finding.level == "error")
    elif looks:
        yield fine(NAME, "files come as they are, with their length")


def _wrong(look: FileLook) -> Finding | None:
    headers = look.get.headers if isinstance(look.get, Answer) else {}
    coding = headers.get("content-encoding", "identity").lower()
    if coding != "identity" and look.file.is_weights:
        return fault(NAME, f"{look.file.path} comes compressed ({coding}): slow, and it cannot be resumed", _OFF)
    if coding != "identity":
        return doubt(NAME, f"{look.file.path} comes compressed ({coding})", _OFF)
    if "content-length" not in headers:
        return doubt(NAME, f"{look.file.path} comes without its length: a body cut short is noticed late", _OFF)
    return None
