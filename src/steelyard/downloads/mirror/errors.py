"""The errors of the mirror."""

from collections.abc import Sequence

from steelyard.core.errors import Forbidden, NotFound, Unavailable
from steelyard.downloads.waiting import said
from steelyard.jobs.models import JobFault


class FileUnknown(NotFound):
    """The commit has no such file; ``commit`` lets a client remember that."""

    slug = "file-unknown"
    title = "The revision has no such file"

    def __init__(self, detail: str, *, commit: str | None = None, hint: str | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.commit = commit


class WaitsForApproval(Forbidden):
    """An administrator must agree first."""

    slug = "awaiting-approval"
    title = "An administrator must agree first"


class FileHeld(Forbidden):
    """The file can run code when it is loaded, and its scan found that it would."""

    slug = "file-held"
    title = "The file is held back"


class FetchStopped(Unavailable):
    """The job that was to bring the file stopped, or cannot go on just now."""

    slug = "fetch-stopped"
    title = "The file does not come"


class Torn(Exception):
    """What was sent of a file turned out to be worth nothing: the connection must end before its end."""


def no_file(path: str, commit: str) -> FileUnknown:
    """The 404 for a path."""
    return FileUnknown(f"There is no file {path[:200]!r} at {commit}.", commit=commit)


def held(model: str, path: str) -> FileHeld:
    """An administrator can look at it."""
    return FileHeld(
        f"{path[:200]} of {model} can run code when it is loaded, and is held back.",
        hint=f"Use the safetensors files, or ask an administrator: steelyard allow {model}.",
    )


def waits(reasons: Sequence[str]) -> WaitsForApproval:
    """The reasons, and who decides."""
    return WaitsForApproval(said(reasons), hint="An administrator decides: steelyard approvals.")


def stopped(fault: JobFault | None, what: str) -> FetchStopped:
    """Why the file does not come."""
    detail = fault.detail if fault else f"The job that brings {what} was stopped."
    hint = (fault.hint if fault else None) or "steelyard jobs shows it."
    return FetchStopped(detail, hint=hint, retry_after=5.0)
