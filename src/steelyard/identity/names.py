"""Self-declared names: taken in open mode, checked for form only. And when two names count as one."""

import unicodedata
from urllib.parse import unquote

from steelyard.core.errors import Invalid

MAX_LENGTH = 128
HEADER = "X-Steelyard-User"


class InvalidName(Invalid):
    """A user name that cannot be one."""

    slug = "invalid-user-name"
    title = "That is not a user name"


def clean_name(text: str) -> str:
    """The name without surrounding blanks. Raises InvalidName."""
    name = text.strip()
    if not name or len(name) > MAX_LENGTH or not name.isprintable():
        raise InvalidName(
            f"A user name has 1 to {MAX_LENGTH} printable characters.",
            hint="Send for example alice or alice@example.org.",
        )
    return name


def name_key(name: str) -> str:
    """What two names that count as the same have in common."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def name_from_header(value: str | None) -> str | None:
    """The name in ``X-Steelyard-User``, percent-encoded where it is not ASCII. Raises InvalidName."""
    if value is None:
        return None
    try:
        return clean_name(unquote(value, errors="strict"))
    except UnicodeDecodeError as error:
        raise InvalidName(f"The header {HEADER} is not UTF-8.", hint="Percent-encode the name as UTF-8.") from error
