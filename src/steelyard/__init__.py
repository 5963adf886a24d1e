"""Steelyard: a self-hosted depot for a team's AI models."""

import importlib
from typing import TYPE_CHECKING

from steelyard.core.version import __version__

if TYPE_CHECKING:
    from steelyard import analytics
    from steelyard.client import Client
    from steelyard.client.aio.client import AsyncClient
    from steelyard.client.track import Tracker, UsageEventType, track, track_usage

__all__ = ["AsyncClient", "Client", "Tracker", "UsageEventType", "__version__", "analytics", "track", "track_usage"]
_LAZY = {
    "Client": "steelyard.client", "AsyncClient": "steelyard.client.aio.client", "Tracker": "steelyard.client.track",
    "UsageEventType": "steelyard.client.track", "track_usage": "steelyard.client.track",
}  # fmt: skip
_MODULES = {"analytics", "track"}


def __getattr__(name: str) -> object:
    # The SDK brings an HTTP library of 80 ms, which the server's processes do not need (PEP 562).
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"steelyard.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
