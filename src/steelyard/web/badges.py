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

TRYING = Badge("still trying", Tone.WARN, "It goes on by itself; what is in the way is shown beside it.")
INACTIVE = Badge("inactive", Tone.QUIET, "Its owner has switched it off; it is listed but not served.")
PINNED = Badge("pinned", Tone.QUIET, "Kept whatever clean-up says.")
PRIVATE = Badge("private", Tone.QUIET, "Only its owner sees it.")


def job_badge(status: str) -> Badge:
    """The badge of a job's status."""
    return _JOBS.get(status) or _unknown(status)


def model_badge(status: str) -> Badge:
    """The badge of a model's status."""
    return _MODELS.get(status) or _unknown(status)


def _unknown(status: str) -> Badge:
    return Badge(status, Tone.QUIET, "A status of a newer depot than these pages.")
