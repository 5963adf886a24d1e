"""Secrets that programs and browsers show: an id that finds the row, and 260 random bits of which only a hash is kept.

A single SHA-256 is enough for them: nobody can try 2^260 values, and a slow hash would be paid at every request.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from steelyard.core.ids import random_text
from steelyard.identity.holder import TOKEN_PREFIX

_ID_LETTERS = 10
_SECRET_LETTERS = 52
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Key:
    """An id and its secret."""

    id: str
    secret: str = field(repr=False)

    @property
    def hash(self) -> str:
        """What is kept of the secret."""
        return digest(self.secret)

    def opens(self, stored: str) -> bool:
        """Whether the secret is the one behind a stored hash; takes as long either way."""
        return hmac.compare_digest(self.hash, stored)


def new_key() -> Key:
    """A key that nobody has seen."""
    return Key(random_text(_ID_LETTERS), random_text(_SECRET_LETTERS))


def new_code() -> str:
    """A secret without an id."""
    return random_text(_SECRET_LETTERS)


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def token_text(key: Key) -> str:
    """``sy_<id>_<secret>``, as its owner keeps it."""
    return f"{TOKEN_PREFIX}{key.id}_{key.secret}"


def parse_token(text: str) -> Key | None:
    """The parts of a token; None when it has not the form of one."""
    return _parse(text.removeprefix(TOKEN_PREFIX), "_") if text.startswith(TOKEN_PREFIX) else None


def cookie_text(key: Key) -> str:
    """``<id>.<secret>``, as a browser keeps it."""
    return f"{key.id}.{key.secret}"


def parse_cookie(text: str) -> Key | None:
    """The parts of a session's cookie; None when it has not the form of one."""
    return _parse(text, ".")


def _parse(text: str, joint: str) -> Key | None:
    known, _, secret = text.partition(joint)
    return Key(known, secret) if known.isalnum() and known.isascii() and secret and len(text) <= _LONGEST else None
