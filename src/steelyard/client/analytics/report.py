"""Telling of events under the names that programs of this kind know."""

from collections.abc import Mapping
from typing import Any, Unpack

from steelyard.client.track import UsageEventType, UsageFields, shared


async def track_model_usage_event(
    model_id: str,
    event_type: str | UsageEventType,
    generation_params: Mapping[str, Any] | None = None,
    **fields: Unpack[UsageFields],
) -> None:
    """Tell of one event; returns at once, delivers in the background and raises nothing."""
    if generation_params is not None:
        fields["parameters"] = generation_params
    shared.get().record(event_type, model_id, fields)


async def track_generation_usage(
    model_id: str,
    event_type: str | UsageEventType = UsageEventType.GENERATION_COMPLETED,
    generation_params: Mapping[str, Any] | None = None,
    **fields: Unpack[UsageFields],
) -> None:
    """The same, of a generation."""
    await track_model_usage_event(model_id, event_type, generation_params, **fields)


async def record_model_usage(
    model_id: str,
    *,
    response_time_ms: float | None = None,
    input_size: int | None = None,
    output_size: int | None = None,
    **fields: Unpack[UsageFields],
) -> None:
    """Tell of one prediction that is over, well unless ``success`` is false. Sizes are bytes. Raises nothing."""
    success = fields.get("success") is not False
    kind = UsageEventType.GENERATION_COMPLETED if success else UsageEventType.GENERATION_FAILED
    fields.setdefault("duration_ms", response_time_ms)
    fields.setdefault("bytes_in", input_size)
    fields.setdefault("bytes_out", output_size)
    shared.get().record(kind, model_id, {**fields, "success": success})
