"""Plain headers of an Open WebUI: believed from the addresses of the settings, and from nowhere else."""

from ipaddress import ip_network

import pytest
from starlette.datastructures import Headers

from steelyard.identity.asking import Asking
from steelyard.identity.links.listed import ListedLink
from steelyard.identity.links.openwebui import HEADER
from steelyard.identity.links.openwebui_plain import OpenWebUiPlainLink
from steelyard.identity.links.protocol import Known
from steelyard.identity.principal import PrincipalKind

NETWORKS = [ip_network("198.51.100.0/24"), ip_network("2001:db8::7")]
THERE = "198.51.100.9"
ZOE = {"x-openwebui-user-id": "4f", "x-openwebui-user-name": "Zo%C3%AB B"}
KNOWN = Known(PrincipalKind.PROXY, "open-webui:4f", "Zoë B", is_told=True)


async def known(address: str = THERE, *more: tuple[str, str], is_lost: bool = False, **said: str) -> Known | None:
    lines = [*({**ZOE, **{name.replace("_", "-"): value for name, value in said.items()}}).items(), *more]
    headers = Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in lines])
    return await OpenWebUiPlainLink(NETWORKS).identify(Asking(headers, address, is_from_proxy=False, is_lost=is_lost))


@pytest.mark.parametrize("address", [THERE, "::ffff:198.51.100.9", "2001:db8::7"])
async def test_the_person_is_the_same_as_by_a_signed_token(address: str) -> None:
    assert await known(address) == KNOWN
    assert (await known(address, x_openwebui_user_email="zoe@example.org")) == Known(
        PrincipalKind.PROXY, "open-webui:4f", "zoe@example.org", is_told=True
    )


@pytest.mark.parametrize("address", ["192.0.2.7", "unknown", "", "127.0.0.1", "2001:db8::8"])
async def test_from_elsewhere_they_say_nothing(address: str) -> None:
    assert await known(address) is None


async def test_a_proxy_that_tells_of_no_client_comes_from_nowhere() -> None:
    assert await known(is_lost=True) is None


async def test_what_is_not_clear_says_nothing() -> None:
    assert await known(x_openwebui_user_id="") is None
    assert await known(x_openwebui_user_id="a\x00b") is None
    assert await known(THERE, ("x-openwebui-user-id", "5f")) is None
    assert await known(x_openwebui_user_name="%0A") == Known(PrincipalKind.PROXY, "open-webui:4f", "4f", is_told=True)


async def test_beside_a_signed_token_they_say_nothing() -> None:
    assert await known(THERE, (HEADER, "a.b.c")) is None


class Everybody:
    """Knows whoever asks."""

    async def identify(self, asking: Asking) -> Known | None:
        return KNOWN


async def test_another_link_is_asked_for_those_addresses_only() -> None:
    link = ListedLink(Everybody(), NETWORKS)
    for address, expected in ((THERE, KNOWN), ("192.0.2.7", None)):
        assert await link.identify(Asking(Headers(), address, is_from_proxy=True)) == expected
