"""Argon2id (RFC 9106), with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.

Apart from the rest, because its import takes 20 ms that no start needs.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_KIB = 19 * 1024
_PASSES = 2


class Argon2:
    """Argon2id."""

    def __init__(self, kib: int = _KIB, passes: int = _PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=kib, parallelism=1)

    def hash(self, password: str) -> str:
        """A new hash, never the same twice."""
        return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Whether the hash is of this password."""
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(stored)
