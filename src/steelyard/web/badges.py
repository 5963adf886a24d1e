"""Status words: what is shown for each status, its tone and its one line of meaning."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a badge looks; the word alone must do without it."""

    GOOD = "good"
    BUSY = "busy"
    QUIET = "quiet"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Badge:
    """A status for people: the word, how it looks, and what it means."""

    word: str
    tone: Tone
    meaning: str


_JOBS = {
    "queued": Badge("waiting", Tone.QUIET, "Waits for its turn."),
    "running": Badge("coming in", Tone.BUSY, "Its bytes are moving."),
    "paused": Badge("paused", Tone.WARN, "Stands still until it is resumed; nothing is lost."),
    "succeeded": Badge("done", Tone.GOOD, "Complete, verified and on the shelf."),
    "failed": Badge("failed", Tone.BAD, "Gave up; the reason is shown beside it."),
    "cancelled": Badge("cancelled", Tone.QUIET, "Stopped by a person."),
}

_RUNNING = {
    "verify": Badge("verifying", Tone.BUSY, "Every file of it is hashed again."),
    "scan": Badge("looking through", Tone.BUSY, "What lies in the store is compared with the catalog."),
    "purge": Badge("going", Tone.BUSY, "Its bytes are deleted for good."),
    "import": Badge("moving in", Tone.BUSY, "It is taken over from a folder."),
}

_MODELS = {
    "ready": Badge("ready", Tone.GOOD, "Complete and verified."),
    "downloading": Badge("coming in", Tone.BUSY, "Its bytes are moving."),
    "partial": Badge("partial", Tone.WARN, "Some of its files are here, not all."),
    "failed": Badge("failed", Tone.BAD, "The last download failed."),
    "quarantined": Badge(
        "quarantined", Tone.BAD, "Its weights are pickle files, which can run code: an administrator must allow them."
    ),
    "deleted": Badge("deleted", Tone.QUIET, "In the trash."),
}

_REQUESTS = {
    "pending": Badge("waiting", Tone.QUIET, "Written down; its job waits."),
    "enqueued": Badge("in line", Tone.QUIET, "The files are known and stand in line."),
    "downloading": Badge("coming in", Tone.BUSY, "Its bytes are moving."),
    "completed": Badge("done", Tone.GOOD, "Everything asked for is on the shelf."),
    "failed": Badge("failed", Tone.BAD, "The download gave up."),
    "no_results": Badge("nothing found", Tone.WARN, "The search found nothing."),
    "no_match": Badge("no match", Tone.WARN, "The search found nothing suitable."),
    "connection_error": Badge("no connection", Tone.BAD, "The source could not be reached."),
    "timeout": Badge("timed out", Tone.BAD, "The search took too long."),
    "error": Badge("error", Tone.BAD, "Something unexpected stopped it."),
    "cancelled": Badge("cancelled", Tone.QUIET, "Its asker, or whoever may, called it off."),
    "awaiting_approval": Badge("awaiting approval", Tone.WARN, "An administrator must agree first."),
    "denied": Badge("denied", Tone.BAD, "An administrator said no."),
}

_FILES = {
    "stored": Badge("here", Tone.GOOD, "On the shelf, its hash right."),
    "listed": Badge("not here", Tone.QUIET, "The hub lists it; nobody asked for it, or it has not come yet."),
    "quarantined": Badge("held back", Tone.BAD, "It can run code when it is loaded: an administrator must allow it."),
}

TRYING = Badge("still trying", Tone.WARN, "It goes on by itself; what is in the way is shown beside it.")
RUNNING = Badge("running", Tone.BUSY, "In memory: it answers at once.")
USABLE = Badge("usable", Tone.GOOD, "It can run models here.")
UNUSABLE = Badge("not usable here", Tone.QUIET, "What is missing is said beside it.")
INACTIVE = Badge("inactive", Tone.QUIET, "Its owner has switched it off; it is listed but not served.")
PINNED = Badge("pinned", Tone.QUIET, "Kept whatever clean-up says.")
PRIVATE = Badge("private", Tone.QUIET, "Only its owner sees it, once there are accounts.")


def job_badge(status: str) -> Badge:
    """The badge of a job's status."""
    return _JOBS.get(status) or _unknown(status)


def running_badge(kind: str) -> Badge:
    """The badge of a running job of some kind; a download's for all that bring bytes."""
    return _RUNNING.get(kind) or _JOBS["running"]


def model_badge(status: str) -> Badge:
    """The badge of a model's status."""
    return _MODELS.get(status) or _unknown(status)


def request_badge(status: str) -> Badge:
    """The badge of a download request's status."""
    return _REQUESTS.get(status) or _unknown(status)


def file_badge(state: str) -> Badge:
    """The badge of a file's state."""
    return _FILES.get(state) or _unknown(state)


def _unknown(status: str) -> Badge:
    return Badge(status, Tone.QUIET, "A status of a newer depot than these pages.")
