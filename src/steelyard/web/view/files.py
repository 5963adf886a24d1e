"""The files of a model."""

from dataclasses import dataclass

from steelyard.core.units import format_size
from steelyard.web.badges import Badge, file_badge
from steelyard.web.shelf import Json
from steelyard.web.words import count, counted

SHOWN = 200  # a page of more than that is slow to read on a phone, and nobody reads it


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file: whether it is here, and its hash with the name of the hash."""

    path: str
    size: str
    badge: Badge
    digest: str | None
    algorithm: str


@dataclass(frozen=True, slots=True)
class Files:
    """The first files by path; ``left_out`` is None when these are all."""

    summary: str
    rows: tuple[FileRow, ...]
    left_out: str | None


def files(model: Json) -> Files:
    """The files of the revision that the model is shown at."""
    listed = model.get("files") or []
    here = [file for file in listed if file.get("state", "stored") == "stored"]
    size = format_size(sum(file["size"] for file in here))
    more = len(listed) - SHOWN
    return Files(
        summary=f"{count(len(here))} of {counted(len(listed), 'file')} here · {size}" if listed else "",
        rows=tuple(_row(file) for file in listed[:SHOWN]),
        left_out=f"{count(more)} more" if more > 0 else None,
    )


def _row(file: Json) -> FileRow:
    sha256 = file.get("sha256")
    return FileRow(
        path=file["path"],
        size=format_size(file["size"]),
        badge=file_badge(file.get("state") or "stored"),
        digest=sha256 or file.get("git_sha1"),
        algorithm="SHA-256" if sha256 else "git SHA-1",
    )
