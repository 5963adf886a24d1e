"""How soon a model is wanted."""

from enum import StrEnum


class ModelPriority(StrEnum):
    """The priorities of a download, as the depot names them."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
