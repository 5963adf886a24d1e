"""What can go wrong at an outside place.

RepositoryMissing 404, RevisionMissing 404, FileMissing 404, AccessRefused 403, UpstreamNonsense 502: final until
somebody acts.
UpstreamBusy 429, UpstreamUnavailable 503: worth another try, by themselves.
"""

from steelyard.core.errors import Forbidden, NotFound, SteelyardError, TooManyRequests, Unavailable

BY_ITSELF = "The depot tries again by itself; a job that gave up can be retried."


class RepositoryMissing(NotFound):
    """The hub knows no such repository, or hides it from us."""

    slug = "repository-missing"
    title = "The hub has no such repository"


class RevisionMissing(NotFound):
    """The repository has no such branch, tag or commit."""

    slug = "revision-missing"
    title = "The repository has no such revision"


class FileMissing(NotFound):
    """The hub announced the file and cannot give it."""

    slug = "file-missing"
    title = "The hub announced a file that it does not have"


class AccessRefused(Forbidden):
    """Gated or private: a person must accept terms or set a token."""

    slug = "access-refused"
    title = "The hub refuses access to this repository"


class UpstreamNonsense(SteelyardError):
    """The hub announces what cannot be: a size below zero, a hash that is none, the same path twice."""

    status = 502
    slug = "upstream-nonsense"
    title = "The hub announces something impossible"


class UpstreamBusy(TooManyRequests):
    """The hub asks to slow down; ``retry_after`` says how long."""

    slug = "upstream-busy"
    title = "The hub asks the depot to slow down"


class UpstreamUnavailable(Unavailable):
    """No connection, a time-out, a 5xx, or bytes that stop in the middle."""

    slug = "upstream-unavailable"
    title = "The hub cannot be reached"
