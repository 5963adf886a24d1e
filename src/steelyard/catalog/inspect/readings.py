"""What the files of a revision said, file by file."""

from dataclasses import dataclass, field

from steelyard.catalog.inspect.gguf import GgufHeader
from steelyard.catalog.inspect.safetensors import SafetensorsHeader
from steelyard.catalog.models import Traits


@dataclass(slots=True)
class Readings:
    """Headers by path; ``config`` from the files that say what the model is, ``packed`` the method by which its numbers
    are packed, ``license`` from its card. ``problems`` are reasons, each with the path in front."""

    gguf: dict[str, GgufHeader] = field(default_factory=dict)
    safetensors: dict[str, SafetensorsHeader] = field(default_factory=dict)
    config: Traits = field(default_factory=Traits)
    packed: str | None = None
    license: str | None = None
    problems: list[str] = field(default_factory=list)
