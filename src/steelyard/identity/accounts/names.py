"""Names of accounts. They stand in addresses and commands, and must not be taken for something else."""

import unicodedata
from ipaddress import ip_address

from steelyard.identity.accounts.errors import BadAccountName
from steelyard.identity.names import name_key

MAX_LENGTH = 128
_MARKS = frozenset("._-+@")
_RESERVED = frozenset({"me", "depot", "anonymous", "unknown"})  # words that lists and records use otherwise


def account_name(text: str) -> str:
    """The name as it is kept: in Unicode's form NFKC, so that what looks alike is alike. Raises BadAccountName."""
    name = unicodedata.normalize("NFKC", text.strip())
    if not name or len(name_key(name)) > MAX_LENGTH or len(name) > MAX_LENGTH:
        raise _bad(f"A name has 1 to {MAX_LENGTH} characters.")
    if not name[0].isalnum() or not all(letter.isalnum() or letter in _MARKS for letter in name):
        raise _bad("A name begins with a letter or digit and has only letters, digits and . _ - + @ in it.")
    if name_key(name) in _RESERVED or _is_address(name):
        raise _bad(f"{name!r} has a meaning of its own.")
    return name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _bad(detail: str) -> BadAccountName:
    return BadAccountName(detail, hint="Take for example alice or alice@example.org.")
