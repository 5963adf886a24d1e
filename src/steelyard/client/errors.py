"""The tree of errors that a program using the SDK meets.

ClientError
├── BadAddress           the server's address cannot be used
├── InvalidArgument      a name or id that no request can carry
├── ServerUnreachable    nobody answers there, or not in time
├── UnexpectedAnswer     somebody answers, and it is no depot
└── ApiError             the depot answers with a problem (RFC 9457)
    ├── NotFound         404
    ├── Conflict         409
    └── TooManyRequests  429, ``retry_after`` says how long
"""


class ClientError(Exception):
    """``detail`` says what happened; ``hint`` is the next step, or None when there is none."""

    def __init__(self, detail: str, *, hint: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint


class BadAddress(ClientError):
    """The address of the server is not an ``http://`` or ``https://`` address."""


class InvalidArgument(ClientError, ValueError):
    """An empty id or a text that names no model; nothing was sent."""


class ServerUnreachable(ClientError):
    """No connection, a broken one, or no answer within the time-out, retries included."""


class UnexpectedAnswer(ClientError):
    """The answer is not what a depot says: most likely another program listens there."""


class ApiError(ClientError):
    """The depot refused or failed.

    ``status`` is the HTTP status, ``slug`` the stable machine name at the end of the problem's ``type``, ``title`` the
    same line for every occurrence, ``retry_after`` seconds or None.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail, hint=hint)
        self.status = status
        self.slug = slug
        self.title = title
        self.retry_after = retry_after


class NotFound(ApiError):
    """No model, job or request by that name or id."""


class Conflict(ApiError):
    """The thing is in a state that does not allow this."""


class TooManyRequests(ApiError):
    """A limit, or a failure so fresh that the depot does not try again yet."""
