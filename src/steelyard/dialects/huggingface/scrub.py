"""Leaves out what would lead a client around the depot.

Since huggingface_hub 1.22 a client that finds a Xet hash anywhere talks to the hub's Xet store and never comes back.
"""

from typing import Any

_DEPTH = 64  # levels that are read; nothing of the hub's is a tenth as deep


def without_xet(value: Any, depth: int = _DEPTH) -> Any:
    """A JSON value without any key that speaks of Xet, at any depth; what lies deeper than ``depth`` is None."""
    if isinstance(value, dict | list) and depth == 0:
        return None
    if isinstance(value, dict):
        return {key: without_xet(item, depth - 1) for key, item in value.items() if "xet" not in str(key).lower()}
    return [without_xet(item, depth - 1) for item in value] if isinstance(value, list) else value
