"""Signs requests as Ollama's command line does with ``OLLAMA_AUTH=1``."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key


class OllamaSigner:
    """Somebody with a key of their own, or with the one in a file of ssh-keygen's."""

    def __init__(self, file: Path | None = None) -> None:
        found = Ed25519PrivateKey.generate() if file is None else load_ssh_private_key(file.read_bytes(), None)
        assert isinstance(found, Ed25519PrivateKey)
        self._key = found
        self.line = found.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def header(self, method: str, path: str, moment: int) -> str:
        """``Authorization`` of a request for ``path?ts=moment``."""
        signature = self._key.sign(f"{method},{path}?ts={moment}".encode())
        return f"{self.line.split()[1]}:{base64.b64encode(signature).decode()}"
