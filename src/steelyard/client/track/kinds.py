"""What can have happened."""

from enum import StrEnum


class UsageEventType(StrEnum):
    """The types that a depot's statistics know; any other name in the form ``[a-z0-9_.]{1,64}`` is counted as well."""

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
