"""One field of a request's head, found without a mapping of all of them: several layers ask at each request."""

from starlette.types import Scope


def field(scope: Scope, name: bytes) -> str | None:
    """The first field of this name, which is in lower case; None where there is none."""
    for given, value in scope["headers"]:
        if given == name:
            text: str = value.decode("latin-1")
            return text
    return None
