"""Values out of a header as the catalog may keep them: short printable words, positive numbers, or nothing."""

from typing import Any

_LONGEST = 80
_LARGEST = 2**40  # tokens; above it stands a converter's "no limit"


def clean_text(value: Any, longest: int = _LONGEST) -> str | None:
    """A short printable text; None for anything else. NUL and lone surrogates, which PostgreSQL refuses, never pass."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text and len(text) <= longest and text.isprintable() else None


def clean_count(value: Any) -> int | None:
    """A positive whole number of a sensible size; None for anything else."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 < value <= _LARGEST else None
