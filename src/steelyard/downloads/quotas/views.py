"""Quotas as others read them."""

from typing import Any

from steelyard.core.clock import iso
from steelyard.downloads.quotas.models import QuotaRow
from steelyard.downloads.quotas.service import Standing


def quota_json(row: QuotaRow) -> dict[str, Any]:
    """One row."""
    return {
        "kind": row.subject.kind.value,
        "name": row.subject.name,
        **row.quota.facts,
        "changed_at": iso(row.changed_at),
        "changed_by": row.changed_by,
    }


def standing_json(standing: Standing) -> dict[str, Any]:
    """How somebody stands: each limit, null where there is none, and what was used of it."""
    limits, use, payer = standing.limits, standing.use, standing.payer
    moved, asked = limits.period_bytes, limits.period_requests
    return {
        "username": payer.name,
        "role": payer.role.value if payer.role else None,
        "held_bytes": {"used": use.held_bytes, "limit": limits.held_bytes},
        "period_bytes": {"used": use.period_bytes, "limit": moved.value, "period": moved.period.value},
        "period_requests": {"used": use.period_requests, "limit": asked.value, "period": asked.period.value},
    }
