"""The judgement over one request or one planned job, within its transaction: facts and use are read, then judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, File, FileState
from steelyard.catalog.tables import files as file_table
from steelyard.catalog.tables import revisions
from steelyard.downloads.models import DownloadRequest, Found
from steelyard.downloads.payload import name_of
from steelyard.downloads.plan import total_size
from steelyard.downloads.quotas import store as quotas
from steelyard.downloads.quotas.judge import Facts, judge, pickles_only
from steelyard.downloads.quotas.models import Limit, Payer
from steelyard.downloads.quotas.use import find_payer, measure, payer_of, pays
from steelyard.downloads.selection import chosen
from steelyard.downloads.settings import ApprovalSettings
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role


@dataclass(frozen=True, slots=True)
class Load:
    """What a download comes to, in bytes: as announced, and new to its entry, which has ``base`` of them.

    ``size`` is None while its files are not known.
    """

    base: int
    size: int | None = None
    new: int = 0
    pickles_only: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who pays, what there is to bring, and why that must wait; no reasons: it need not."""

    payer: Payer
    load: Load
    reasons: tuple[str, ...]


def load_of(connection: Connection, entry: Entry | None, selected: Sequence[File] | None) -> Load:
    """What the selected files of a revision come to."""
    base = 0 if entry is None else entry.size
    if selected is None:
        return Load(base)
    here = set() if entry is None else _here(connection, entry.id)
    coming = {file.digest: file.size for file in selected if str(file.digest) not in here}
    return Load(base, total_size(selected), sum(coming.values()), pickles_only(selected))


def judge_request(
    connection: Connection, caller: Caller, found: Found, rules: ApprovalSettings, now: datetime, *, brings: bool,
    is_counted: bool = False,
) -> Verdict:  # fmt: skip
    """Whether somebody who asks now must wait. ``brings``: a job is to begin for it; ``is_counted``: the request is on
    record already, and wants more."""
    payer = payer_of(connection, caller)
    if payer.is_exempt and not brings:
        return Verdict(payer, Load(0), ())
    entry = catalog.find(connection, name_of(found.wanted))
    load = load_of(connection, entry, _selected(found)) if brings else Load(0)
    if payer.is_exempt:
        return Verdict(payer, load, ())
    limits = quotas.limits_of(connection, payer)
    limits = replace(limits, period_requests=Limit()) if is_counted else limits
    use = measure(connection, payer, limits, now)
    adds = _adds(connection, entry, payer, load)
    only_pickles = load.pickles_only and not found.has_safe_weights
    facts = Facts(load.size, adds, found.gated, only_pickles, brings)
    return Verdict(payer, load, judge(facts, use, limits, rules))


def judge_planned(
    connection: Connection, request: DownloadRequest, entry: Entry, load: Load, gated: bool,
    rules: ApprovalSettings, now: datetime,
) -> Verdict:  # fmt: skip
    """Whether a request whose job has planned must wait. How many requests there were was judged before."""
    asked_as = Role(request.asked_as) if request.asked_as else None
    payer = find_payer(connection, request.principal, request.username, asked_as)
    if payer.is_exempt:
        return Verdict(payer, load, ())
    limits = replace(quotas.limits_of(connection, payer), period_requests=Limit())
    use = measure(connection, payer, limits, now, but_job=request.job_id or "", but_task=request.task_id)
    facts = Facts(load.size, _adds(connection, entry, payer, load), gated, load.pickles_only)
    return Verdict(payer, load, judge(facts, use, limits, rules))


def _selected(found: Found) -> Sequence[File] | None:
    return None if found.files is None else chosen(found.files, found.wanted)


def _adds(connection: Connection, entry: Entry | None, payer: Payer, load: Load) -> int | None:
    """The bytes that the payer would hold in addition."""
    if not pays(connection, entry.id if entry else None, payer.principals):
        return 0
    return None if load.size is None else load.new


def _here(connection: Connection, entry: int) -> set[str]:
    """The digests of an entry's files that are here."""
    joined = select(file_table.c.digest).join(revisions, revisions.c.id == file_table.c.revision)
    there = joined.where(revisions.c.entry == entry, file_table.c.state != int(FileState.LISTED)).distinct()
    return set(connection.execute(there).scalars())
