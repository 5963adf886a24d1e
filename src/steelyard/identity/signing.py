"""Ed25519 keys as OpenSSH writes them (RFC 8709, section 4; RFC 4253, section 6.6), and who checks what they signed."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Protocol

from steelyard.core.errors import Invalid

_NAME = "ssh-ed25519"
_HEAD = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"
_RAW = 32  # bytes of the key itself
_HOW = "Send the line in ~/.ollama/id_ed25519.pub: ssh-ed25519 AAAA… name"


class BadKey(Invalid):
    """What somebody wants to register is no public key that can be used."""

    slug = "bad-key"
    title = "That is not a public key that can be used"


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key. ``raw`` are its 32 bytes."""

    raw: bytes

    @property
    def text(self) -> str:
        """The second word of its line: the wire format in Base64."""
        return base64.b64encode(_HEAD + self.raw).decode()

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as ssh-keygen -l shows it."""
        digest = hashlib.sha256(_HEAD + self.raw).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


class Verifier(Protocol):
    """Checks signatures."""

    def is_signed(self, key: VerifyKey, signature: bytes, text: bytes) -> bool:
        """Whether the 64 bytes are the Ed25519 signature (RFC 8032) of the text by the owner of the key."""


def read_key(text: str) -> VerifyKey | None:
    """A key from the wire format in Base64; None for anything else."""
    try:
        wire = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    is_one = wire.startswith(_HEAD) and len(wire) == len(_HEAD) + _RAW
    return VerifyKey(wire[len(_HEAD) :]) if is_one else None


def read_line(line: str) -> tuple[VerifyKey, str]:
    """A key and its comment from the line of a .pub file. Raises BadKey, which does not repeat what was sent."""
    if "PRIVATE KEY" in line:
        raise BadKey("This is a private key. Show it to nobody, this depot included.", hint=_HOW)
    kind, _, rest = line.strip().partition(" ")
    text, _, comment = rest.strip().partition(" ")
    key = read_key(text) if kind == _NAME else None
    if key is None:
        raise BadKey("This is not an Ed25519 public key.", hint=_HOW)
    return key, comment.strip()
