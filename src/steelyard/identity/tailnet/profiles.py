"""What control servers say about a user, read as a person."""

from collections.abc import Iterable

from steelyard.identity.names import InvalidName, clean_name
from steelyard.identity.tailnet.models import TailnetPerson

# Tailscale and Headscale give every tagged machine this one user, who is nobody.
# Headscale: hscontrol/types/users.go, TaggedDevices.
TAGGED_NAME = "tagged-devices"
TAGGED_ID = "2147455555"
_LONGEST_NUMBER = 20


def is_tagged_user(user_id: str | int, name: str) -> bool:
    """Whether this is the user that stands for machines."""
    return str(user_id) == TAGGED_ID or name == TAGGED_NAME


def as_person(user_id: str | int, names: Iterable[str | None], display_name: str | None) -> TailnetPerson | None:
    """The person with the first of the names that can be one; None when none can. A user without a number is known
    by the name alone, which is marked, so that it never meets a number."""
    name = next((clean for one in names if (clean := _clean(one))), None)
    if name is None:
        return None
    return TailnetPerson(_number(str(user_id)) or f"name:{name}", name, _clean(display_name))


def _number(text: str) -> str | None:
    """A user's number in its usual spelling. Both kinds of server write 64 bits, and neither gives out 0."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        return None
    return text.lstrip("0") or None


def _clean(text: str | None) -> str | None:
    try:
        return clean_name(text or "")
    except InvalidName:
        return None
