"""A store's own name, kept inside it: an empty mount point, or another disk in its place, has another one or none."""

from steelyard.core.ids import new_uuid
from steelyard.storage.layout import Layout
from steelyard.storage.links import replace_text

_NAME = "store-id"


def read_identity(layout: Layout) -> str | None:
    """The store's name; None when it has none. Raises OSError when that cannot be told."""
    try:
        return (layout.private / _NAME).read_text().strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def give_identity(layout: Layout) -> str:
    """Name the store anew; returns the name. Raises OSError."""
    name = new_uuid()
    replace_text(layout.private / _NAME, name)
    return name
