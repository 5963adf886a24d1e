"""Libraries that few requests need and no start should pay for: Argon2 takes 30 ms to import, Ed25519 37 ms."""

from functools import cached_property
from importlib import import_module
from typing import cast

from steelyard.identity.accounts.passwords import Hasher
from steelyard.identity.signing import Verifier, VerifyKey


class LateHasher:
    """Argon2id, imported when the first password comes."""

    def hash(self, password: str) -> str:
        """A new hash, never the same twice."""
        return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Whether the hash is of this password."""
        return self._hasher.verify(stored, password)

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than a new one would be."""
        return self._hasher.is_outdated(stored)

    @cached_property
    def _hasher(self) -> Hasher:
        return cast("Hasher", import_module("steelyard.identity.accounts.argon2id").Argon2())


class LateVerifier:
    """Ed25519, imported when the first signed request comes."""

    def is_signed(self, key: VerifyKey, signature: bytes, text: bytes) -> bool:
        """Whether the signature is of the text, by the owner of the key."""
        return self._verifier.is_signed(key, signature, text)

    @cached_property
    def _verifier(self) -> Verifier:
        return cast("Verifier", import_module("steelyard.identity.ed25519").Ed25519())
