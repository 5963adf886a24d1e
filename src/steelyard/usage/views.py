"""Lines of the access log as others read them."""

from typing import Any

from steelyard.core.clock import iso
from steelyard.usage.log import Entry

EVENT_FIELDS = (
    "id", "type", "timestamp", "model", "username", "ip_address", "user_agent", "success", "error_code", "request_id",
    "session", "duration_ms", "queue_ms", "load_ms", "first_token_ms", "tokens_in", "tokens_out", "bytes_in",
    "bytes_out", "vram_mb", "gpu_utilization", "parameters",
)  # fmt: skip


def event_json(entry: Entry) -> dict[str, Any]:
    """One line, as ``EVENT_FIELDS`` lists it. The id is a text: its 63 bits are more than a JavaScript number holds."""
    event = entry.line.event
    return {
        "id": str(entry.line.id),
        "type": event.type,
        "timestamp": iso(event.at),
        "model": event.model,
        "username": entry.username,
        "ip_address": event.address,
        "user_agent": event.agent,
        "success": event.success,
        "error_code": event.error_code,
        "request_id": event.request,
        "session": event.session,
        "duration_ms": event.duration_ms,
        "queue_ms": event.queue_ms,
        "load_ms": event.load_ms,
        "first_token_ms": event.first_token_ms,
        "tokens_in": event.tokens_in,
        "tokens_out": event.tokens_out,
        "bytes_in": event.bytes_in,
        "bytes_out": event.bytes_out,
        "vram_mb": event.vram_mb,
        "gpu_utilization": event.gpu_utilization,
        "parameters": event.parameters,
    }
