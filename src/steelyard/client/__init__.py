"""The Python SDK: everything the depot offers over HTTP, for programs and for the command line."""

from steelyard.client.client import Client
from steelyard.client.errors import (
    ApiError,
    BadAddress,
    ClientError,
    Conflict,
    InvalidArgument,
    NotFound,
    ServerUnreachable,
    TooManyRequests,
    UnexpectedAnswer,
)

__all__ = [
    "ApiError",
    "BadAddress",
    "Client",
    "ClientError",
    "Conflict",
    "InvalidArgument",
    "NotFound",
    "ServerUnreachable",
    "TooManyRequests",
    "UnexpectedAnswer",
]
