"""Requests and answers as others read them."""

from typing import Any

from steelyard.core.clock import iso
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import DownloadRequest

REQUEST_FIELDS = (
    "id", "task_id", "artist", "album", "username", "vpn_ip", "status", "timestamp", "slskd_username", "file_count",
    "completed_files", "total_size", "album_directory", "completed_at", "kind", "model", "revision", "job_id", "error",
    "identified_by", "source",
)  # fmt: skip


def request_json(request: DownloadRequest) -> dict[str, Any]:
    """Seed 001's 14 fields, then ours, as ``REQUEST_FIELDS`` lists them; other programs rely on their names."""
    return {
        "id": request.id,
        "task_id": request.task_id,
        "artist": request.artist,
        "album": request.album,
        "username": request.username,
        "vpn_ip": request.vpn_ip,
        "status": request.status.value,
        "timestamp": iso(request.timestamp),
        "slskd_username": request.slskd_username,
        "file_count": request.file_count,
        "completed_files": request.completed_files,
        "total_size": request.total_size,
        "album_directory": request.album_directory,
        "completed_at": iso(request.completed_at) if request.completed_at else None,
        "kind": request.kind,
        "model": request.model,
        "revision": request.revision,
        "job_id": request.job_id,
        "error": request.error,
        "identified_by": request.identified_by,
        "source": request.source,
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    """The answer of ``POST /pull``."""
    return {
        "job_id": answer.job_id,
        "task_id": answer.task_id,
        "model": answer.model,
        "revision": answer.revision,
        "status": answer.status.value,
        "position": answer.position,
        "reasons": list(answer.reasons),
        "hint": waiting_hint(answer.task_id) if answer.is_waiting else None,
    }


def waiting_hint(task_id: str) -> str:
    """What somebody can do whose request waits."""
    return f"An administrator decides: steelyard approvals approve {task_id}. It goes on by itself then."
