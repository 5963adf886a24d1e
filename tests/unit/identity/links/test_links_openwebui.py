"""Tokens that an Open WebUI signs: whom they name, and what nobody can forge."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from starlette.datastructures import Headers

from steelyard.identity.asking import Asking
from steelyard.identity.links.openwebui import HEADER, OpenWebUiLink
from steelyard.identity.links.protocol import Known
from steelyard.identity.principal import PrincipalKind
from steelyard.testing.clock import HandClock

SECRET = "a secret of some length"
CLOCK = HandClock()
NOW = CLOCK.now().timestamp()
ALICE: dict[str, Any] = {
    "sub": "4f", "email": "alice@example.org", "name": "Alice", "role": "user", "iss": "open-webui", "iat": NOW,
    "exp": NOW + 300,
}  # fmt: skip


def signed(claims: Any, secret: str = SECRET, algorithm: str = "HS256") -> str:
    parts = [json.dumps({"alg": algorithm, "typ": "JWT"}).encode(), json.dumps(claims).encode()]
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    mac = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


async def known(*tokens: str) -> Known | None:
    raw = [(HEADER.encode(), token.encode("latin-1")) for token in tokens]
    return await OpenWebUiLink(SECRET, CLOCK).identify(Asking(Headers(raw=raw), "192.0.2.7", is_from_proxy=False))


async def test_the_person_is_known_by_the_id_and_called_by_the_address() -> None:
    assert await known(signed(ALICE)) == Known(PrincipalKind.PROXY, "open-webui:4f", "alice@example.org", is_told=True)
    assert (await known(signed(ALICE | {"email": None}))) == Known(
        PrincipalKind.PROXY, "open-webui:4f", "Alice", is_told=True
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": NOW - 60}, {"exp": None}, {"iss": "somebody"}, {"sub": None}, {"sub": ""}, {"nbf": NOW + 600},
        {"exp": "soon"},
    ],
)  # fmt: skip
async def test_claims_that_are_not_good(wrong: dict[str, Any]) -> None:
    assert await known(signed(ALICE | wrong)) is None


@pytest.mark.parametrize(
    "token",
    [
        "", "a", "a.b", "a.b.c", signed(ALICE, "another secret, as long"), signed(ALICE, algorithm="none"),
        signed(["no object"]), signed(ALICE)[:-2] + "xx", signed(ALICE | {"name": "x" * 8000}),
        signed(ALICE).rpartition(".")[0] + ".", "\xe4.b.c",
    ],
)  # fmt: skip
async def test_what_is_not_signed_with_the_secret_is_nobodys(token: str) -> None:
    assert await known(token) is None


async def test_no_token_and_two_tokens_name_nobody() -> None:
    assert await known() is None
    assert await known(signed(ALICE), signed(ALICE)) is None
