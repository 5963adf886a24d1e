"""Events: one line of what happened."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """The types that statistics know; any other name is stored and counted as well."""

    GENERATION_REQUEST = "generation_request"
    GENERATION_STARTED = "generation_started"
    GENERATION_COMPLETED = "generation_completed"
    GENERATION_FAILED = "generation_failed"
    MODEL_LOAD = "model_load"
    MODEL_UNLOAD = "model_unload"
    MODEL_DOWNLOAD = "model_download"
    MODEL_HEALTH_CHECK = "model_health_check"
    MODEL_LIST = "model_list"
    MODEL_ACCESS = "model_access"
    MODEL_UPDATE = "model_update"
    MODEL_DELETE = "model_delete"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
MIRROR_REQUEST = "mirror_request"  # one call of a Hugging Face client; a whole pull is a model_download
API_REQUEST = "api_request"  # every other request by a person or a program
# What happened without anybody sending a request for it: never counted as one.
NOT_REQUESTS = frozenset({
    EventType.MODEL_DOWNLOAD, EventType.MODEL_LOAD, EventType.MODEL_UNLOAD, EventType.MODEL_HEALTH_CHECK,
    EventType.GENERATION_STARTED,
})  # fmt: skip
# One of these is one use of a model; so is a pull that went well and is not ``repeated``.
USES = frozenset({EventType.GENERATION_COMPLETED, EventType.GENERATION_FAILED})


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, when, by whom, to which model, and how it went.

    Durations are milliseconds, sizes bytes. ``principal`` is the key of a row in the identity room; ``model`` a name,
    which need not have an entry in the catalog.
    """

    type: str
    at: datetime
    model: str | None = None
    principal: int | None = None
    address: str | None = None
    agent: str | None = None
    success: bool | None = None
    error_code: str | None = None
    request: str | None = None
    session: str | None = None
    duration_ms: float | None = None
    queue_ms: float | None = None
    load_ms: float | None = None
    first_token_ms: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    vram_mb: float | None = None
    gpu_utilization: float | None = None
    repeated: bool | None = None  # of a pull: the same person had this revision within 24 hours
    parameters: dict[str, Any] | None = None


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970, as the log keeps times; by way of a float some would be one too few."""
    return (moment - _EPOCH) // _MILLISECOND
