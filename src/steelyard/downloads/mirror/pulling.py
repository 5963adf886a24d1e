"""The transaction in which a client of the mirror gets its download: one request for each person and revision within
a window, on the job that brings what is asked for file by file.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from glob import escape
from typing import Any

from sqlalchemy import Connection

from steelyard.catalog import partial, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import File, FileState
from steelyard.downloads import answers, placing, store, waiting, wants
from steelyard.downloads.filing import file_as_here, file_as_waiting, file_request, new_job
from steelyard.downloads.models import OPEN, Ask, DownloadRequest, Found
from steelyard.downloads.payload import dedupe_key, name_of
from steelyard.downloads.plan import total_size
from steelyard.downloads.quotas.judge import pickles_only
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.verdict import Verdict, judge_request
from steelyard.downloads.waiting import ApprovalState
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job

_SMALL = 1024 * 1024
_MOST_SMALL = 64
_SUMS = {"file_count", "completed_files", "total_size"}  # of a request that goes on they do so too


@dataclass(frozen=True, slots=True)
class Pull:
    """What a client asks for: one file of a commit, of all those ``listed`` there. ``names`` are the branches and tags
    that meant the commit lately, ``document`` is the hub's description of it."""

    ask: Ask
    found: Found
    file: File
    listed: Sequence[File]
    names: Sequence[str] = ()
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of it. ``job`` is the one that brings the file, None where it is here; ``is_new``: nobody has taken
    it yet. ``task_id`` names a request that was made or went on for it, ``is_done`` one that ended at once. An
    administrator must agree first where there are ``reasons``."""

    job: Job | None
    is_new: bool = False
    task_id: str | None = None
    is_done: bool = False
    reasons: tuple[str, ...] = ()


def pull(connection: Connection, asked: Pull, now: datetime, rules: DownloadSettings, window: timedelta) -> Pulled:
    """Write down who asks, and see that a job brings the file. Raises what ``file_request`` raises."""
    key = dedupe_key(asked.found.wanted)
    request, live = _request(connection, asked, now - window), jobs.find_live(connection, key)
    known = set(wants.paths(connection, key)) if live else set()
    if live is None:
        wants.clear(connection, key)
    if asked.file.state is FileState.STORED:
        wants.add(connection, key, [asked.file.path], now)
        pulled = Pulled(None) if request else _taken(connection, asked, live, now, rules)
    else:
        pulled = _brought(connection, asked, request, live, known, now, rules)
    _keep_what_is_known(connection, asked, now)
    return pulled


def _request(connection: Connection, asked: Pull, since: datetime) -> DownloadRequest | None:
    """The person's own, of a while ago, for the same revision."""
    wanted, principal = asked.found.wanted, asked.ask.caller.principal.id
    entry = catalog.find(connection, name_of(wanted))
    if entry is None or wanted.commit is None:
        return None
    return store.latest_of(connection, principal, entry.id, wanted.commit, since)


def _brought(
    connection: Connection, asked: Pull, request: DownloadRequest | None, live: Job | None, known: Set[str],
    now: datetime, rules: DownloadSettings,
) -> Pulled:  # fmt: skip
    """A file that is not here. What a job is ``known`` to bring is judged no more, and nothing that it shall not bring
    is wanted of it."""
    wanted, key = asked.found.wanted, dedupe_key(asked.found.wanted)
    verdict = judge_request(
        connection, asked.ask.caller, _weighed(asked), rules, now, brings=True, is_counted=request is not None
    )
    is_known = asked.file.path in known
    must_wait = bool(verdict.reasons) and not is_known and not _is_approved(connection, request)
    more = [file for file in _with_small_ones(asked) if file.path not in known]
    if not must_wait or live is None:
        wants.add(connection, key, [file.path for file in more], now)
    if must_wait and (live or request):
        answer = file_as_waiting(connection, asked.ask, wanted, verdict, now)
        return Pulled(None, task_id=answer.task_id, reasons=answer.reasons)
    pulled = (
        _gone_on(connection, asked, request, live, verdict, now, rules)
        if request
        else _begun(connection, asked, now, rules)
    )
    if pulled.job is not None and (live or request):
        store.expect(connection, pulled.job.id, len(more), total_size(more))
    return pulled


def _is_approved(connection: Connection, request: DownloadRequest | None) -> bool:
    approval = waiting.find(connection, request.task_id) if request else None
    return approval is not None and approval.state is ApprovalState.APPROVED


def _begun(connection: Connection, asked: Pull, now: datetime, rules: DownloadSettings) -> Pulled:
    answer, job = file_request(connection, asked.ask, _weighed(asked), now, rules)
    if answer.is_waiting:
        return Pulled(None, task_id=answer.task_id, reasons=answer.reasons)
    if answer.is_here:
        _say_all_that_is_here(connection, asked, answer.task_id)
        return Pulled(None, task_id=answer.task_id, is_done=True)
    serving = job or (jobs.get(connection, answer.job_id) if answer.job_id else None)
    return Pulled(serving, is_new=job is not None, task_id=answer.task_id)


def _taken(connection: Connection, asked: Pull, live: Job | None, now: datetime, rules: DownloadSettings) -> Pulled:
    """A file that is here, also where others of its revision were lost."""
    if live is not None:
        return _begun(connection, asked, now, rules)
    alone = _alone(asked)
    wanted, entry = alone.found.wanted, catalog.find(connection, name_of(alone.found.wanted))
    revision = revisions.find(connection, entry.id, wanted.commit or "") if entry else None
    if revision is None or revision.completed_at is not None:
        return _begun(connection, alone, now, rules)
    answer = file_as_here(connection, asked.ask, wanted, revision, now)
    _say_all_that_is_here(connection, asked, answer.task_id)
    return Pulled(None, task_id=answer.task_id, is_done=True)


def _alone(asked: Pull) -> Pull:
    """A file that is here: whatever else was ever wanted of its revision need not be."""
    wanted = replace(asked.found.wanted, grows=False, include=(escape(asked.file.path),))
    return replace(asked, found=replace(asked.found, wanted=wanted))


def _say_all_that_is_here(connection: Connection, asked: Pull, task_id: str) -> None:
    """Which of the files a client will ask for nobody knows yet: the record speaks of those that it can get."""
    there = [file for file in asked.listed if file.state is FileState.STORED]
    store.change(connection, task_id, file_count=len(there), completed_files=len(there), total_size=total_size(there))


def _gone_on(
    connection: Connection, asked: Pull, request: DownloadRequest, live: Job | None, verdict: Verdict, now: datetime,
    rules: DownloadSettings,
) -> Pulled:  # fmt: skip
    """The person's request of a while ago is served once more: by the live job, or by a new one."""
    wanted = asked.found.wanted
    if live is not None and request.job_id == live.id and request.status in OPEN:
        return Pulled(live)
    job = live or new_job(connection, asked.ask, wanted, verdict, now, rules)
    if request.status not in OPEN:  # one that waits on an ordinary download has its own end
        standing = placing.standing(connection, wanted, job, None)
        other = {name: value for name, value in standing.items() if name not in _SUMS}
        store.change(connection, request.task_id, completed_at=None, error=None, **other)
    return Pulled(job, is_new=live is None, task_id=request.task_id)


def _weighed(asked: Pull) -> Found:
    """The request as quotas see it: what is asked for now, not all that the repository has."""
    return replace(asked.found, files=[asked.file], has_safe_weights=not pickles_only(asked.listed))


def _with_small_ones(asked: Pull) -> list[File]:
    """The file, and the small ones of its revision: whoever loads a model asks for its configuration next."""
    others = [file for file in asked.listed if file.path != asked.file.path and file.state is FileState.LISTED]
    small = [file for file in others if file.size <= _SMALL]
    return [asked.file, *small[:_MOST_SMALL]]


def _keep_what_is_known(connection: Connection, asked: Pull, now: datetime) -> None:
    """The job need not ask the hub again for what it has just told."""
    wanted = asked.found.wanted
    entry = catalog.find(connection, name_of(wanted))
    if entry is None or wanted.commit is None:
        return
    revision = revisions.ensure(connection, entry.id, wanted.commit, now)
    if revision.files_partial or not revisions.is_listed(connection, revision.id):
        listed = partial.settle(connection, revision.id, asked.listed)
        revisions.set_variants(connection, revision.id, listed)
    if asked.document is not None:
        answers.set_description(connection, revision.id, asked.document)
    for name in asked.names:
        if answers.ref(connection, entry.id, name) is None:
            answers.set_ref(connection, entry.id, name, wanted.commit, now)
