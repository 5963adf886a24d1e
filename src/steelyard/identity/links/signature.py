"""A request that somebody signed with their key: Ollama's command line does, with ``OLLAMA_AUTH=1``.

The query is ``ts=<Unix time>`` and nothing else; ``Authorization`` is ``<public key>:<signature>``, both in Base64, of
the text ``METHOD,/path?ts=…`` (api/client.go and auth/auth.go there). Neither the body nor the server is part of it.

Whoever overhears a request could send it again with another body. So a text is good within five minutes of our clock,
and from when it first came only for ten seconds more. Not once only: one command asks for the same path twice within a
second, and the two signatures are the same then, by right.
"""

import base64
import re
from dataclasses import dataclass
from typing import Protocol

from steelyard.core.clock import Clock
from steelyard.core.recent import Recent
from steelyard.identity.asking import Asking
from steelyard.identity.holder import Holder, NotSignedIn
from steelyard.identity.links.protocol import Known, of_holder
from steelyard.identity.signing import Verifier, VerifyKey, read_key

SKEW_SECONDS = 300.0
REPEAT_SECONDS = 10.0
_MANY = 20_000  # only texts that somebody with an account signed are remembered
_SIGNED = re.compile(r"([A-Za-z0-9+/]{68}):([A-Za-z0-9+/]{86}==)")
_MOMENT = re.compile(r"ts=([0-9]{1,12})")
_NOTE = "signed"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose a key is. ``key`` is its id; ``is_disabled``: the account is good for nothing now."""

    key: str
    holder: Holder
    is_disabled: bool = False


class Signers(Protocol):
    """Knows whose key is whose."""

    async def of_key(self, fingerprint: str) -> Signer | None:
        """Who registered the key with this fingerprint; None when nobody did."""

    def key_used(self, signer: Signer) -> None:
        """Somebody proved that the key is theirs."""


class SignatureLink:
    """Believes signatures by keys that somebody registered; a key that nobody knows is as good as none."""

    def __init__(self, signers: Signers, verifier: Verifier, clock: Clock) -> None:
        self._signers = signers
        self._verifier = verifier
        self._clock = clock
        self._first_seen: Recent[tuple[str, str], float] = Recent(_MANY)

    async def identify(self, asking: Asking) -> Known | None:
        """Whoever signed. Raises NotSignedIn for a key of ours with a signature that is not good."""
        key, signature = signed(asking)
        signer = None if key is None else await self._signers.of_key(key.fingerprint)
        if key is None or signer is None:
            return None
        if asking.notes.get(_NOTE) != key.fingerprint:  # a stream asks again for as long as it lasts
            self._require_good(asking, key, signature)
            asking.notes[_NOTE] = key.fingerprint
        if signer.is_disabled:
            raise NotSignedIn("The account of this key is disabled.", hint="Ask an administrator of this depot.")
        self._signers.key_used(signer)
        return of_holder(signer.holder)

    def _require_good(self, asking: Asking, key: VerifyKey, signature: bytes) -> None:
        moment = _MOMENT.fullmatch(asking.query)
        text = f"{asking.method},{asking.path}?{asking.query}"
        if moment is None or not self._verifier.is_signed(key, signature, text.encode(errors="surrogateescape")):
            raise NotSignedIn("The signature is not of this request.", hint="Ask the depot itself, by its own address.")
        if abs(self._clock.now().timestamp() - int(moment[1])) > SKEW_SECONDS:
            raise NotSignedIn("The signature is of another time.", hint="Set the clock of the machine that signs.")
        self._require_first(key.fingerprint, text)

    def _require_first(self, fingerprint: str, text: str) -> None:
        now, seen = self._clock.monotonic(), self._first_seen.get((fingerprint, text))
        if seen is None:
            self._first_seen.put((fingerprint, text), now)
        elif now - seen > REPEAT_SECONDS:
            raise NotSignedIn("This signature was used before.", hint="Ask again: each request is signed anew.")


def signed(asking: Asking) -> tuple[VerifyKey | None, bytes]:
    """The key and the signature that a request shows, before anybody believes them; no key where it shows none."""
    shown = asking.headers.getlist("authorization")
    parts = _SIGNED.fullmatch(shown[0]) if len(shown) == 1 else None
    if parts is None:
        return None, b""
    return read_key(parts[1]), base64.b64decode(parts[2])
