"""What was found, told to a person or to a program."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from steelyard.cli.desk import Desk
from steelyard.cli.mirror.finding import Finding, Level
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.place import shown
from steelyard.cli.mirror.reach import is_unreachable
from steelyard.cli.tables import Column, print_rows
from steelyard.cli.words import plain

_MARKS: dict[Level, str] = {"ok": "ok", "warning": "warning", "error": "ERROR"}
_COLUMNS = (Column(""), Column("Check"), Column("Seen, and what to do", whole=True))


def report_json(seen: Observed, findings: Sequence[Finding]) -> dict[str, Any]:
    """``mirror`` is what belongs into HF_ENDPOINT; ``checks`` are in the order in which people read them."""
    return {
        "mirror": shown(seen.place.base),
        "tried": [shown(address) for address in seen.tried],
        "reachable": not is_unreachable(seen),
        "model": seen.choice.name if seen.choice else None,
        "checks": [asdict(finding) for finding in findings],
    }


def print_report(desk: Desk, seen: Observed, findings: Sequence[Finding]) -> None:
    """A table on a terminal, lines elsewhere; then what it comes to."""
    if desk.out.isatty():
        print_rows(desk, _COLUMNS, [row for finding in findings for row in _rows(finding)])
    else:
        for finding in findings:
            desk.print("\n".join(_lines(finding)))
    desk.notice(_sum(seen, findings))


def _rows(finding: Finding) -> list[tuple[str, str, str]]:
    first = (_MARKS[finding.level], finding.name, plain(finding.detail))
    return [first, ("", "", f"→ {plain(finding.remedy)}")] if finding.remedy else [first]


def _lines(finding: Finding) -> list[str]:
    first = f"{_MARKS[finding.level]:<7}  {finding.name}: {plain(finding.detail)}"
    return [first, f"         {plain(finding.remedy)}"] if finding.remedy else [first]


def _sum(seen: Observed, findings: Sequence[Finding]) -> str:
    errors, warnings = (sum(one.level == level for one in findings) for level in ("error", "warning"))
    if errors:
        return f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}."
    well = f"Clients can use it: export HF_ENDPOINT={shown(seen.place.base)}"
    return f"{well} ({_counted(warnings, 'warning')})" if warnings else well


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
