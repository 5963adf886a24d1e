"""The tree of errors.

SteelyardError
├── BadRequest 400
├── Unauthorized 401
├── Forbidden 403
├── NotFound 404
├── Conflict 409
├── Invalid 422
├── TooManyRequests 429
├── Unavailable 503
└── everything else 500

A room declares its own errors beside the service that raises them, as subclasses of these. An error is
written for the person who will read it: ``detail`` says what happened, ``hint`` the exact next step.
"""

from typing import ClassVar


class SteelyardError(Exception):
    """The base of every error that may leave the server.

    ``status`` is the HTTP status, ``slug`` the stable machine name (RFC 9457 ``type``), ``title`` one line that
    is the same for every occurrence. ``hint`` is the command or call that helps; ``retry_after`` is in seconds.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong in the depot"

    def __init__(self, detail: str, *, hint: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.retry_after = retry_after


class BadRequest(SteelyardError):
    """The request is understood and cannot be served as asked."""

    status = 400
    slug = "bad-request"
    title = "This cannot be done as asked"


class Unauthorized(SteelyardError):
    """Nobody knows who asks, or what they showed is no longer good."""

    status = 401
    slug = "unauthorized"
    title = "Sign in first"


class Forbidden(SteelyardError):
    """The depot knows what is asked and refuses."""

    status = 403
    slug = "forbidden"
    title = "Not allowed"


class NotFound(SteelyardError):
    """Nothing by that name or id."""

    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(SteelyardError):
    """The thing is in a state that does not allow this."""

    status = 409
    slug = "conflict"
    title = "Not possible in this state"


class Invalid(SteelyardError):
    """A field has the wrong type, range or form."""

    status = 422
    slug = "invalid"
    title = "The request is not valid"


class TooManyRequests(SteelyardError):
    """A limit or a cool-down; ``retry_after`` says how long."""

    status = 429
    slug = "too-many-requests"
    title = "Too soon"


class Unavailable(SteelyardError):
    """Not now: something the depot needs is away; ``retry_after`` says when to ask again."""

    status = 503
    slug = "unavailable"
    title = "Not available right now"
