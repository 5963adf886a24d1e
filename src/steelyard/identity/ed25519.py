"""The one place that knows which library checks signatures."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from steelyard.identity.signing import VerifyKey


class Ed25519:
    """Implements Verifier."""

    def is_signed(self, key: VerifyKey, signature: bytes, text: bytes) -> bool:
        """A key that is no point of the curve has signed nothing."""
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True
