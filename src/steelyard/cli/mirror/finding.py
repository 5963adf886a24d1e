"""What a check says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, in the form that ``steelyard doctor`` has for this machine, too.

    ``detail`` says what was seen, ``remedy`` what to do; it is None when everything is fine. An error keeps clients
    from working, or from working right; a warning does not.
    """

    name: str
    level: Level
    detail: str
    remedy: str | None = None


def fine(name: str, detail: str) -> Finding:
    """As it should be."""
    return Finding(name, "ok", detail)


def doubt(name: str, detail: str, remedy: str) -> Finding:
    """It works, and will surprise somebody."""
    return Finding(name, "warning", detail, remedy)


def fault(name: str, detail: str, remedy: str) -> Finding:
    """Clients fail, or go around the depot."""
    return Finding(name, "error", detail, remedy)


def any_error(findings: Iterable[Finding]) -> bool:
    """Whether something is wrong."""
    return any(finding.level == "error" for finding in findings)
