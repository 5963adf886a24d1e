"""From an error answer to an ApiError: RFC 9457 problem details, and whatever a proxy in between may say."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from steelyard.client.errors import ApiError, Conflict, NotFound, TooManyRequests

_KINDS: Mapping[int, type[ApiError]] = {404: NotFound, 409: Conflict, 429: TooManyRequests}


MEDIA_TYPE = "application/problem+json"
_IN_BETWEEN = frozenset({408, 413, 429, 431})  # and nearly all above 499: a proxy before a depot says these itself


def is_foreign(status: int, content_type: str) -> bool:
    """Whether an error answer can only be that of another program: a depot's own are all problem documents."""
    theirs = 400 <= status <= 499 or status == 501
    return theirs and status not in _IN_BETWEEN and not content_type.lower().startswith(MEDIA_TYPE)


def read_problem(status: int, body: bytes, retry_after: str | None, now: datetime | None = None) -> ApiError:
    """The error in an answer of status 400 or above. Never raises: a body that is no problem gives a plain error.

    ``retry_after`` is the header as sent; ``now`` is only needed for its date form.
    """
    said = _members(body)
    title = _text(said, "title") or phrase(status)
    return _KINDS.get(status, ApiError)(
        status=status,
        slug=_slug(_text(said, "type")) or f"http-{status}",
        title=title,
        detail=_text(said, "detail") or f"The server answered {status} {title}.",
        hint=_text(said, "hint"),
        retry_after=read_retry_after(retry_after, now or datetime.now(UTC)),
    )


def read_retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds from a ``Retry-After`` header in either form (RFC 9110, 10.2.3); None when absent or unreadable."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def _members(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _text(said: Mapping[str, object], member: str) -> str | None:
    value = said.get(member)
    return value if isinstance(value, str) and value else None


def _slug(problem_type: str | None) -> str | None:
    if problem_type is None or problem_type == "about:blank":
        return None
    return problem_type.rstrip("/").replace("#", "/").replace(":", "/").rpartition("/")[2]


def phrase(status: int) -> str:
    """The usual name of an HTTP status, such as ``Not Found``."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
