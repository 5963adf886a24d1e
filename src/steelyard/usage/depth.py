"""How deep parameters may be nested. Pure.

Whoever reads the column gives up at 200 levels, and one such row would break every page that shows it.
"""

from collections.abc import Mapping
from typing import Any

MOST_LEVELS = 20


class TooDeep(ValueError):
    """Parameters that could be written, but not read again."""


def is_deep(value: Any, levels: int = MOST_LEVELS) -> bool:
    """Whether lists and mappings stand in each other more than so many levels deep."""
    if not isinstance(value, dict | list | tuple):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_deep(each, levels - 1) for each in inner)


def readable(parameters: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The same parameters. Raises TooDeep."""
    if parameters and is_deep(parameters):
        raise TooDeep(f"parameters are nested more than {MOST_LEVELS} levels deep")
    return parameters
