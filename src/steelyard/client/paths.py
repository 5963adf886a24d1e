"""Names and ids as parts of a path: quoted so that nothing in them can lead to another route."""

from urllib.parse import quote

from steelyard.client.errors import InvalidArgument
from steelyard.core.errors import Invalid
from steelyard.core.ref import parse


def segment(value: str, noun: str) -> str:
    """One segment: everything but unreserved letters percent-encoded. Raises InvalidArgument when it is empty.

    Dots that stand alone are encoded too: HTTP libraries take ``/jobs/..`` for ``/`` (RFC 3986, 5.2.4).
    """
    if not value:
        raise InvalidArgument(f"The {noun} is empty.", hint=f"Give the {noun}.")
    return value.replace(".", "%2E") if value in {".", ".."} else quote(value, safe="")


def model_path(reference: str) -> str:
    """A model reference: the slashes of the name stay, the rest is encoded. Raises InvalidArgument.

    ``org/name@refs/pr/1`` becomes ``org/name%40refs%2Fpr%2F1``.
    """
    try:
        text = str(parse(reference))
    except Invalid as error:
        raise InvalidArgument(error.detail, hint=error.hint) from error
    end = min(position for position in (text.find("@"), text.find(":"), len(text)) if position >= 0)
    return quote(text[:end], safe="/") + quote(text[end:], safe="")
