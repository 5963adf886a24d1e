"""What Headscale's published files say of a node and a user, in our own words: each field, and what may stand there.

``v1Node`` and ``v1User`` of the OpenAPI file of v0.29.2, and what differs in those of v0.22.3 and v0.26.1. 64-bit
numbers are texts of digits, moments are ISO 8601 in UTC, messages that are not set are null.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]
Shape = Mapping[str, Check]
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_METHODS = {"UNSPECIFIED", "AUTH_KEY", "CLI", "OIDC"}


def text(value: Any) -> bool:
    """Any text."""
    return isinstance(value, str)


def number(value: Any) -> bool:
    """An unsigned number of 64 bits."""
    return isinstance(value, str) and value.isdecimal() and int(value) < 2**64


def texts(value: Any) -> bool:
    """A list of texts."""
    return isinstance(value, list) and all(map(text, value))


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def moment(value: Any) -> bool:
    """A moment, or none."""
    return value is None or (isinstance(value, str) and _MOMENT.fullmatch(value) is not None)


def message(value: Any) -> bool:
    """Another message, or none."""
    return value is None or isinstance(value, dict)


def method(value: Any) -> bool:
    """How the node came in."""
    return isinstance(value, str) and value.removeprefix("REGISTER_METHOD_") in _METHODS


_EARLY_USER: Shape = {"id": number, "name": text, "createdAt": moment}
_USER: Shape = {
    **_EARLY_USER, "displayName": text, "email": text, "providerId": text, "provider": text, "profilePicUrl": text,
}  # fmt: skip
_NODE: Shape = {
    "id": number, "machineKey": text, "nodeKey": text, "discoKey": text, "ipAddresses": texts, "name": text,
    "user": message, "lastSeen": moment, "expiry": moment, "preAuthKey": message, "createdAt": moment,
    "registerMethod": method, "givenName": text, "online": flag,
}  # fmt: skip
_EARLY_TAGS: Shape = {"forcedTags": texts, "invalidTags": texts, "validTags": texts}
_ROUTES: Shape = {"approvedRoutes": texts, "availableRoutes": texts, "subnetRoutes": texts}
NODES: Mapping[str, Shape] = {
    "0.22": {**_NODE, **_EARLY_TAGS, "lastSuccessfulUpdate": moment},
    "0.23": {**_NODE, **_EARLY_TAGS, **_ROUTES},
    "0.28": {**_NODE, **_ROUTES, "tags": texts},
}
USERS: Mapping[str, Shape] = {"0.22": _EARLY_USER, "0.23": _USER, "0.28": _USER}


def faults(value: Mapping[str, Any], shape: Shape) -> list[str]:
    """The fields that are missing, are too many, or hold something else."""
    odd = [name for name, fits in shape.items() if name in value and not fits(value[name])]
    return sorted([*odd, *(value.keys() ^ shape.keys())])
