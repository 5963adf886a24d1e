"""The list of a server's models, as ``/v1/models`` gives it. Pure."""

from collections.abc import Mapping
from typing import Any

_MOST = 10_000  # models of one server
_LONGEST = 256  # characters of a name


def names_in(answer: Mapping[str, Any]) -> list[str]:
    """The models: so many at most, and no name that no model can have here."""
    listed = answer.get("data")
    ids = [row.get("id") for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return [name for name in ids if isinstance(name, str) and 0 < len(name) <= _LONGEST][:_MOST]
