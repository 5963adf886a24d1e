"""Lines of the audit log as others read them."""

from typing import Any

from steelyard.core.clock import iso
from steelyard.identity.audit.models import AuditEntry

AUDIT_FIELDS = (
    "id", "timestamp", "username", "identified_by", "ip_address", "credential", "action", "subject", "before", "after",
)  # fmt: skip


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    """One line, as ``AUDIT_FIELDS`` lists it."""
    return {
        "id": entry.id,
        "timestamp": iso(entry.at),
        "username": entry.username,
        "identified_by": entry.identified_by,
        "ip_address": entry.address,
        "credential": entry.credential,
        "action": entry.deed.action,
        "subject": entry.deed.subject,
        "before": entry.deed.before,
        "after": entry.deed.after,
    }
