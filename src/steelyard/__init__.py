"""Steelyard: a self-hosted depot for a team's AI models."""

import importlib
from typing import TYPE_CHECKING

from steelyard.core.version import __version__

if TYPE_CHECKING:
    from steelyard.client import Client

__all__ = ["Client", "__version__"]


def __getattr__(name: str) -> object:
    # The SDK brings an HTTP library of 80 ms, which the server's processes do not need (PEP 562).
    if name == "Client":
        return importlib.import_module("steelyard.client").Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
