"""Steelyard: a self-hosted depot for a team's AI models."""

import importlib
from typing import TYPE_CHECKING

from steelyard.core.version import __version__

if TYPE_CHECKING:
    from steelyard.client import Client
    from steelyard.client.aio.client import AsyncClient

__all__ = ["AsyncClient", "Client", "__version__"]
_LAZY = {"Client": "steelyard.client", "AsyncClient": "steelyard.client.aio.client"}


def __getattr__(name: str) -> object:
    # The SDK brings an HTTP library of 80 ms, which the server's processes do not need (PEP 562).
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
