"""Requests that wait, as administrators read them."""

from typing import Any

from steelyard.core.clock import iso
from steelyard.downloads.approvals.service import Case


def approval_json(case: Case) -> dict[str, Any]:
    """One case. ``request_status`` is where the request stands, ``status`` what was decided."""
    request, approval = case.request, case.approval
    return {
        "task_id": request.task_id,
        "status": approval.state.value,
        "model": approval.model,
        "revision": approval.wanted.commit or approval.wanted.revision,
        "include": list(approval.wanted.include),
        "exclude": list(approval.wanted.exclude),
        "variant": approval.wanted.variant,
        "source": approval.wanted.hub,
        "username": request.username,
        "identified_by": request.identified_by,
        "vpn_ip": request.vpn_ip,
        "priority": approval.priority.word,
        "size_bytes": approval.size,
        "reasons": list(approval.reasons),
        "asked_at": iso(approval.asked_at),
        "decided_at": iso(approval.decided_at) if approval.decided_at else None,
        "decided_by": approval.decided_by,
        "decision_reason": approval.decision_reason,
        "request_status": request.status.value,
        "job_id": request.job_id,
    }
