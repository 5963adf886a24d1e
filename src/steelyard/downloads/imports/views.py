"""Imports as answers show them."""

from typing import Any

from steelyard.downloads.imports.models import Asked
from steelyard.downloads.imports.payload import from_payload
from steelyard.downloads.imports.report import to_json, totals
from steelyard.downloads.imports.service import Import
from steelyard.downloads.imports.survey import Survey
from steelyard.jobs.models import Job
from steelyard.jobs.views import job_json


def plan_json(asked: Asked, survey: Survey) -> dict[str, Any]:
    """A dry run: what an import would do now."""
    return {
        "dry_run": True,
        "path": asked.path,
        "kind": survey.kind.value,
        "copy": asked.copy,
        "totals": totals(survey.foretold),
        "models": [to_json(report) for report in survey.foretold],
    }


def accepted_json(asked: Asked, job: Job) -> dict[str, Any]:
    """An import was started, or is under way already."""
    return {"job_id": job.id, "status": job.status.value, "dry_run": False, "path": asked.path}


def import_json(job: Job) -> dict[str, Any]:
    """An import: its job, and what it was asked for."""
    asked = from_payload(job.payload)
    return {
        "job_id": job.id,
        **job_json(job),
        "path": asked.path,
        "read_as": asked.kind.value,
        "name": asked.name,
        "copy": asked.copy,
    }


def report_json(found: Import) -> dict[str, Any]:
    """The same with each model. ``totals`` are of those that have ended."""
    return {
        **import_json(found.job),
        "totals": totals([told.report for told in found.told if told.has_ended]),
        "models": [{**to_json(told.report), "state": told.state} for told in found.told],
    }
