"""Our errors as the hub's answers, so that every client raises what it raises for the hub.

Which code a client acts on: ``hf_raise_for_status`` of huggingface_hub (``utils/_http.py``). Its downloads raise what
carries RepoNotFound or GatedRepo, and 401, at once; any other refusal becomes "cannot find the files in the cache",
which hides our words: so a refusal to hand out a repository goes as GatedRepo. For these two codes the command ``hf``
has words of its own (``cli/_errors.py``), so ours go as a notice too, which it prints before them. A repository that
the hub does not know is a 404, because a bare 401 is mapped only for https.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from steelyard.catalog.errors import ModelDeleted, ModelInactive, ModelMissing
from steelyard.core.errors import Forbidden, Invalid, SteelyardError, TooManyRequests, Unauthorized
from steelyard.dialects.huggingface.ascii import one_line
from steelyard.dialects.huggingface.headers import notices
from steelyard.dialects.huggingface.missing import EntryUnknown, RepositoryUnknown, RevisionUnknown
from steelyard.downloads.mirror.errors import FileUnknown
from steelyard.sources.errors import AccessRefused, FileMissing, RepositoryMissing, RevisionMissing

_MAX_MESSAGE = 1000
_REFUSED = "GatedRepo"
_SPOKEN_OVER = frozenset({_REFUSED, "RepoNotFound"})
_PATIENCE = 30  # seconds, where a limit does not say how long
# With these words clients print our answer for a 401; with others they would speak of a missing repository.
_BAD_CREDENTIALS = "Invalid credentials in Authorization header"
_UNEXPECTED = (
    "An unexpected error happened in the depot; it is in the server's log under the request id of this answer."
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one class of errors goes out: under its own status unless one is named."""

    code: str | None = None
    status: int | None = None


RULES: dict[type[SteelyardError], Rule] = {
    RepositoryMissing: Rule("RepoNotFound"),
    RepositoryUnknown: Rule("RepoNotFound"),
    ModelMissing: Rule("RepoNotFound"),
    ModelDeleted: Rule("RepoNotFound", 404),
    RevisionMissing: Rule("RevisionNotFound"),
    RevisionUnknown: Rule("RevisionNotFound"),
    EntryUnknown: Rule("EntryNotFound"),
    FileMissing: Rule("EntryNotFound"),
    FileUnknown: Rule("EntryNotFound"),
    AccessRefused: Rule(_REFUSED),
    ModelInactive: Rule(_REFUSED, 403),
    Forbidden: Rule(_REFUSED),
    Invalid: Rule(status=400),
    SteelyardError: Rule(),
}


@dataclass(frozen=True, slots=True)
class HubAnswer:
    """A refusal as the wire has it."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def answer(error: SteelyardError, commit: str | None = None, *, is_push: bool = False) -> HubAnswer:
    """The answer for one of our errors; ``commit`` is where an absent file was looked for.

    Pushing clients print a 403 in full by themselves, and GatedRepo would speak of the wrong thing.
    """
    rule = _rule(error, is_push=is_push)
    text = f"{error.detail} {error.hint}" if error.hint else error.detail
    headers = {"X-Error-Message": _message(error, text), **_waiting(error)}
    if rule.code:
        headers["X-Error-Code"] = rule.code
    if rule.code in _SPOKEN_OVER:
        headers |= notices([(error.slug, text)])
    if rule.code == "EntryNotFound" and commit:
        headers["X-Repo-Commit"] = commit
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="steelyard"'
    return HubAnswer(rule.status or error.status, {"error": text}, headers)


def unexpected() -> HubAnswer:
    """The answer for an error that nobody foresaw: nothing of it leaves."""
    return HubAnswer(500, {"error": _UNEXPECTED}, {"X-Error-Message": _UNEXPECTED})


def _rule(error: SteelyardError, *, is_push: bool) -> Rule:
    rule = next(RULES[kind] for kind in type(error).__mro__ if kind in RULES)
    return replace(rule, code=None) if is_push and rule.code == _REFUSED else rule


def _message(error: SteelyardError, text: str) -> str:
    return _BAD_CREDENTIALS if isinstance(error, Unauthorized) else one_line(text, _MAX_MESSAGE)


def _waiting(error: SteelyardError) -> dict[str, str]:
    """``ratelimit`` as in the IETF draft that clients read: they sleep exactly ``t`` seconds."""
    if not isinstance(error, TooManyRequests):
        return {"Retry-After": str(_seconds(error.retry_after))} if error.retry_after is not None else {}
    wait = _seconds(_PATIENCE if error.retry_after is None else error.retry_after)
    return {"Retry-After": str(wait), "ratelimit": f'"api";r=0;t={wait}'}


def _seconds(value: float) -> int:
    return max(1, math.ceil(value))
