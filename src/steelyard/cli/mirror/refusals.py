"""Whether errors carry the codes by which clients know what is missing.

Loaders ask for files that a repository need not have, and go on when the code says so; over plain HTTP a bare status
is not understood.
"""

from collections.abc import Iterator

from steelyard.cli.mirror.answer import Answer, Outcome, problem
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import Observed

NAME = "error codes"
_KEEP = (
    "A proxy replaces the depot's errors: let its status and X-Error-* through (nginx: `proxy_intercept_errors off;`)."
)
_HUB_AWAY = frozenset({429, 502, 503, 504})
_LATER = "Look at the depot's way to its hub: `steelyard doctor` there. What it has already is served all the same."


def check(seen: Observed) -> Iterator[Finding]:
    """A repository and a file that do not exist."""
    if seen.missing_repo is None:
        return
    findings = [*_missing("repository", seen.missing_repo, "RepoNotFound")]
    if seen.model is not None:
        findings += _missing("file", seen.model.missing_file, "EntryNotFound")
    if not findings and not _is_shut(seen.missing_repo):
        findings.append(fine(NAME, "what is missing is said to be missing"))
    yield from findings


def _is_shut(outcome: Outcome) -> bool:
    """Whether who asks has to be known first; the check of the token tells."""
    return isinstance(outcome, Answer) and outcome.status in {401, 403}


def _missing(noun: str, outcome: Outcome, code: str) -> Iterator[Finding]:
    what = f"a {noun} that does not exist"
    if not isinstance(outcome, Answer):
        yield fault(NAME, f"{what}: no answer", _LATER)
    elif outcome.status >= 500 and outcome.status not in _HUB_AWAY:
        yield fault(NAME, f"{what}: {outcome.status}", "Look at the depot's log, and at the proxy's.")
    elif outcome.status in _HUB_AWAY:
        told = f" ({said})" if (said := str(problem(outcome).get("error", ""))[:200]) else ""
        yield doubt(NAME, f"{what}: {outcome.status}, so nothing new can be had now{told}", _LATER)
    elif outcome.error_code is None and _is_shut(outcome):
        return
    elif outcome.is_fine:
        yield fault(NAME, f"{what}: {outcome.status}", "Something answers in the depot's place: check the address.")
    elif outcome.error_code is None:
        yield fault(NAME, f"{what}: {outcome.status} without X-Error-Code, expected {code}", _KEEP)
    elif outcome.error_code != code and outcome.status == 404:
        yield doubt(NAME, f"{what}: {outcome.error_code}, expected {code}", _KEEP)
