"""nginx in front of the depot may send stored files itself: ``X-Accel-Redirect`` says which."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Accel:
    """``prefix`` is nginx's internal location for the folder ``root``, as its ``alias`` has it."""

    prefix: str
    root: Path

    def location(self, path: Path) -> str | None:
        """The value of ``X-Accel-Redirect``; None for a file outside of the folder."""
        if not path.is_relative_to(self.root):
            return None
        return f"{self.prefix.rstrip('/')}/{quote(path.relative_to(self.root).as_posix())}"
