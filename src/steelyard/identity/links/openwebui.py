"""The person behind an Open WebUI, which signs for whom it asks.

With a shared secret (``FORWARD_USER_INFO_HEADER_JWT_SECRET`` there) it sends a JSON Web Token (RFC 7519) in
``X-OpenWebUI-User-Jwt``: HS256, issuer ``open-webui``, good for some minutes. It sends the same to every other server
that it asks, so that alone, from anywhere, it would be theirs to use.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from steelyard.core.clock import Clock
from steelyard.identity.asking import Asking
from steelyard.identity.links.protocol import Known
from steelyard.identity.names import InvalidName, clean_name
from steelyard.identity.principal import PrincipalKind

HEADER = "x-openwebui-user-jwt"
ISSUER = "open-webui"
NAMESPACE = f"{ISSUER}:"  # how its people are told from those of a proxy
_LEEWAY = 30.0  # seconds that clocks of two machines may differ
_LONGEST = 8192  # characters; theirs have some 400


class OpenWebUiLink:
    """Believes tokens that were signed with the secret; any other is as good as none."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock

    async def identify(self, asking: Asking) -> Known | None:
        """Whom it asks for: by their id there, which stays, under their address or name. Two tokens are nobody's."""
        sent = asking.headers.getlist(HEADER)
        claims = _claims(sent[0], self._secret) if len(sent) == 1 else None
        if claims is None or not self._is_good(claims):
            return None
        return person(claims.get("sub"), claims.get("email"), claims.get("name"))

    def _is_good(self, claims: Mapping[str, Any]) -> bool:
        """It says when it ends, and that is to come; it is not of another issuer, and not for later."""
        now, ends, begins = self._clock.now().timestamp(), claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(ends, int | float) or not isinstance(begins, int | float):
            return False
        return claims.get("iss") == ISSUER and begins - _LEEWAY <= now < ends + _LEEWAY


def person(subject: object, email: object, name: object) -> Known | None:
    """Somebody there: nobody without an id."""
    known = _name(subject)
    shown = _name(email) or _name(name) or known
    if known is None or shown is None:
        return None
    return Known(PrincipalKind.PROXY, f"{NAMESPACE}{known}", shown, is_told=True)


def _claims(token: str, secret: bytes) -> Mapping[str, Any] | None:
    """What a token says, if it was signed with the secret by HMAC-SHA-256 (RFC 7515). Nothing is read before that."""
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    if not body or len(token) > _LONGEST or not token.isascii():
        return None
    given, right = _decoded(signature), hmac.digest(secret, signed.encode(), hashlib.sha256)
    if given is None or not hmac.compare_digest(given, right):
        return None
    header, claims = _object(head), _object(body)
    return claims if header is not None and header.get("alg") == "HS256" else None


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None


def _object(text: str) -> Mapping[str, Any] | None:
    data = _decoded(text)
    try:
        found = None if data is None else json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _name(value: object) -> str | None:
    try:
        return clean_name(value) if isinstance(value, str) else None
    except InvalidName:
        return None
