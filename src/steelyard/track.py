"""Track the use of models that other programs run.

``steelyard.track`` is a function and a module at once: ``@steelyard.track("org/name")`` and
``from steelyard.track import track_usage`` both read as they should.
"""

import sys
from types import ModuleType
from typing import Any

from steelyard.client.track import (
    Tally,
    Tracker,
    UsageEventType,
    UsageFields,
    Use,
    configure,
    flush,
    tally,
    track,
    track_usage,
)

__all__ = [
    "Tally",
    "Tracker",
    "UsageEventType",
    "UsageFields",
    "Use",
    "configure",
    "flush",
    "tally",
    "track",
    "track_usage",
]


class _Callable(ModuleType):
    """An import of the submodule would otherwise put a module where the function was."""

    def __call__(self, *args: Any, **more: Any) -> Any:
        return track(*args, **more)


sys.modules[__name__].__class__ = _Callable
