"""Findings, checks and the store as answers show them."""

from typing import Any

from steelyard.catalog.care.models import LOSSES, Check, Finding, Problem, StoreRecord
from steelyard.core.clock import iso
from steelyard.jobs.models import Job
from steelyard.jobs.views import job_json


def started_json(job: Job) -> dict[str, Any]:
    """A job that looks at the store, and where its outcome will stand."""
    outcome = {"findings": f"/api/v1/findings?job={job.id}", "outcome": f"/api/v1/checks?job={job.id}"}
    return {"job_id": job.id, **outcome, "job": job_json(job)}


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding; its path is relative to the store."""
    return {
        "id": finding.id,
        "problem": finding.problem.value,
        "meaning": finding.problem.meaning,
        "detail": finding.detail,
        "hint": hint_for(finding),
        "path": finding.path,
        "model": str(finding.model) if finding.model else None,
        "size": finding.size,
        "job_id": finding.job,
        "found_at": iso(finding.found_at),
        "resolved_at": iso(finding.resolved_at) if finding.resolved_at else None,
    }


def check_json(check: Check) -> dict[str, Any]:
    """What a verification or a scan came to: how many blobs were right, damaged, missing; how many strays there are."""
    return {
        "job_id": check.job,
        "kind": check.kind,
        "model": check.model,
        "right": check.outcome.right,
        "damaged": check.outcome.damaged,
        "missing": check.outcome.missing,
        "strays": check.outcome.strays,
        "started_at": iso(check.started_at),
        "finished_at": iso(check.finished_at),
    }


def store_json(record: StoreRecord, bytes_free: int | None) -> dict[str, Any]:
    """Bytes in the store as the last scan counted them, each inode once; null before the first scan.

    ``bytes_free`` is None when the store does not say.
    """
    usage = record.usage
    return {
        "bytes_free": bytes_free,
        "hub_bytes": usage.hub if usage else None,
        "quarantine_bytes": usage.quarantine if usage else None,
        "trash_bytes": usage.trash if usage else None,
        "parts_bytes": usage.parts if usage else None,
        "foreign_bytes": usage.foreign if usage else None,
        "scanned_at": iso(record.scanned_at) if record.scanned_at else None,
    }


def hint_for(finding: Finding) -> str | None:
    """What to do about a finding that is open."""
    if finding.resolved_at is not None:
        return None
    if finding.model is not None and finding.model.is_from_folder:
        return _FOLDER_HINTS.get(finding.problem, _HINTS[finding.problem]).format(model=finding.model)
    if finding.model is not None and finding.model.is_pushed and finding.problem in LOSSES:
        return _PUSH_AGAIN.format(model=finding.model)
    return _HINTS[finding.problem].format(model=finding.model)


_AGAIN = "Bring it again: steelyard pull {model}"
_PUSH_AGAIN = "Push it again: hf upload {model} ./folder"
_IMPORT_AGAIN = "Import its folder again: steelyard import /the/folder --name {model}"
_HINTS = {
    **dict.fromkeys(LOSSES, _AGAIN),
    Problem.FOREIGN_REPOSITORY: "Take it into the catalog: steelyard import, with the store's folder; no file moves.",
    Problem.FOREIGN_FILE: "Keep it or remove it; what a revision lists is taken over by: steelyard pull {model}",
    Problem.DANGLING_LINK: "Remove the link, or let the program that made it download again.",
    Problem.STRAY_REF: "Remove the file, or bring what it names: steelyard pull {model}",
    Problem.UNFINISHED: "Let the other program finish, or clear it with: hf cache prune",
    Problem.UNREADABLE: "Give the depot's user the right to read it, or look at the disk; then scan again.",
}
# Where they differ for a model that no hub has.
_FOLDER_HINTS = {
    **dict.fromkeys(LOSSES, _IMPORT_AGAIN),
    Problem.FOREIGN_FILE: "Keep it or remove it.",
    Problem.STRAY_REF: "Remove the file.",
}
