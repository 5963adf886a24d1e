"""What a scan says about a file, and what became of it since. Pure."""

from dataclasses import dataclass
from datetime import datetime

from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest

UNSCANNED = "it can run code when it is loaded, and waits to be scanned"
_SHOWN = 2  # reasons in one line


@dataclass(frozen=True, slots=True)
class Verdict:
    """``safe``: nothing in the file can do more than make tensors, arrays and plain values; else the reasons, in
    words for people."""

    safe: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowance:
    """Who let a file out of quarantine, when and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about a blob. ``verdict`` is None until it was scanned, ``scanner`` names what scanned it."""

    digest: Digest
    size: int
    verdict: Verdict | None = None
    scanner: str | None = None
    allowance: Allowance | None = None

    @property
    def passes(self) -> bool:
        """Whether it may be shown: the scan found nothing, or an administrator answers for it."""
        return self.allowance is not None or (self.verdict is not None and self.verdict.safe)


def problem_of(file: File, standing: Standing | None) -> str | None:
    """The line about a file for the model's ``problems``; None for one that nothing speaks against."""
    verdict = standing.verdict if standing else None
    allowance = standing.allowance if standing else None
    if allowance is not None and (verdict is None or not verdict.safe):
        return f"{file.path}: {_words(verdict)}; {allowance.by} allowed it: {allowance.reason}"
    if file.state is FileState.QUARANTINED:
        return f"{file.path}: {_words(verdict)}" if verdict is None or not verdict.safe else None
    return None


def _words(verdict: Verdict | None) -> str:
    if verdict is None:
        return UNSCANNED
    more = len(verdict.reasons) - _SHOWN
    return "; ".join(verdict.reasons[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
