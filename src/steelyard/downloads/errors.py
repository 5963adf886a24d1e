"""The errors of downloads."""

from steelyard.core.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    SteelyardError,
    TooManyRequests,
    Unavailable,
)
from steelyard.jobs.errors import JobMustWait


class RequestMissing(NotFound):
    """No request with that id."""

    slug = "request-missing"
    title = "There is no such request"


class RequestEnded(Conflict):
    """The request came to its end already."""

    slug = "request-ended"
    title = "The request has ended"


class NotYourRequest(Forbidden):
    """Somebody else asked for it."""

    slug = "not-your-request"
    title = "The request belongs to somebody else"


class NotYourJob(Forbidden):
    """Others wait on that job, or somebody else wanted it."""

    slug = "not-your-job"
    title = "The job belongs to somebody else"


class CoolingDown(TooManyRequests):
    """The same download failed a moment ago."""

    slug = "cooling-down"
    title = "This download failed a moment ago"


class NothingSelected(BadRequest):
    """No file of the repository passes the patterns."""

    slug = "nothing-selected"
    title = "No file matches"


class VariantMissing(NotFound):
    """The repository has no variant of that name."""

    slug = "variant-missing"
    title = "There is no such variant"


class VerificationFailed(SteelyardError):
    """The bytes that came are not the bytes that the hub announced, however often they are fetched."""

    status = 502
    slug = "verification-failed"
    title = "The hub delivers wrong bytes"


class TakenDown(Unavailable):
    """Files that were here are gone or wrong; the job's next try brings them."""

    slug = "files-taken-down"
    title = "Files were lost meanwhile"


class DiskFull(JobMustWait):
    """There is not enough room; the job goes on by itself when there is."""

    slug = "disk-full"
    title = "Not enough room on the disk"
