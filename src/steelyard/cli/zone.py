"""In which time zone the person sits."""

from collections.abc import Mapping
from pathlib import Path

LINK = Path("/etc/localtime")
_FOLDER = "zoneinfo/"
_UTC = {"", "UTC", "Etc/UTC"}


def local_zone(environ: Mapping[str, str], link: Path = LINK) -> str | None:
    """The name of the computer's time zone, such as ``Europe/Berlin``; None where it has none, so that UTC holds."""
    said = environ.get("TZ", "").removeprefix(":")
    if "/" in said and not said.startswith("/"):
        return said
    if said:
        return None  # UTC, or a rule such as CET-1CEST, which is no name
    target = link.resolve().as_posix() if link.is_symlink() else ""
    zone = target.partition(_FOLDER)[2]
    return None if zone in _UTC else zone
