"""Ids of jobs as people type them: a beginning or an end is enough."""

from collections.abc import Callable

from steelyard.client import Client, InvalidArgument, NotFound
from steelyard.client.shapes import Job

_LEAST = 6  # letters; ids begin with the time, and fewer of them are shared by all jobs of a morning
_NEWEST = 200
_HINT = "See the ids with `steelyard jobs`."


def with_job(client: Client, given: str, act: Callable[[str], Job]) -> Job:
    """What ``act`` does with the id that is meant; a whole id costs no further request.

    Raises what ``act`` raises, NotFound when no job is meant, InvalidArgument when several are.
    """
    try:
        return act(given)
    except NotFound as error:
        part = given.strip("…").lower()
        if len(part) < _LEAST:
            error.hint = f"{_HINT} At least {_LEAST} letters of the beginning or the end are enough."
            raise
        found = _matches(client, part)
        if not found:
            error.detail = f"None of the newest {_NEWEST} jobs has an id that begins or ends with {part!r}."
            error.hint = _HINT
            raise
    if len(found) > 1:
        raise InvalidArgument(f"{len(found)} jobs match {part!r}: {', '.join(found[:5])}.", hint="Give more letters.")
    return act(found[0])


def _matches(client: Client, part: str) -> list[str]:
    ids = (job["id"] for job in client.jobs.list(limit=_NEWEST)["jobs"])
    return [job_id for job_id in ids if job_id.startswith(part) or job_id.endswith(part)]
