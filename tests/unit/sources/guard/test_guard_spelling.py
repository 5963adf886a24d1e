"""Hosts that one program reads as an address and another as a name."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.sources.guard.errors import AddressRefused
from steelyard.sources.guard.spelling import is_inside, literal

ODD = [
    "2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1", "127.0.0.0x1",
    "127.0.0.1.", "127.0.0.01", "1.2.3.4.5", "256.0.0.1", "1.2.3.256", "0", "0x", "8.8", "evil.example.1", "a.0x7f",
    "127.0.0.１", "127。0。0。1", "１２７.0.0.1", "①②⑦.0.0.1", "localhost。", "bücher.example", "ⓛocalhost",
    "fe80::1%eth0", "fe80::1%25eth0", "::1%lo", "::1::", "1:2", ":::", "::ffff:127.1", "[::1]",
    "", ".", "..", ".example", "a..b", "a b", "a\tb", "a\0b", "a/b", "a\\b", "a@b", "a%2eb", "*", "a" * 64, "a." * 130,
]  # fmt: skip


@pytest.mark.parametrize("host", ODD, ids=ascii)
def test_an_odd_spelling_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        literal(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "8.8.8.8", "0.0.0.1"])
def test_an_address_in_its_usual_form_is_one(host: str) -> None:
    assert literal(host) == IPv4Address(host)


@pytest.mark.parametrize("host", ["::1", "2606:4700::1111", "::ffff:127.0.0.1", "FE80::1", "::ffff:7f00:1"])
def test_and_in_ipv6(host: str) -> None:
    assert literal(host) == IPv6Address(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "Example.ORG",
        "cdn-lfs.hf.co",
        "a.b.",
        "x_y.example",
        "1a.example",
        "0x7f.example",
        "xn--bcher-kva.de",
    ],
)
def test_a_name_is_none(host: str) -> None:
    assert literal(host) is None


@given(st.text(max_size=60) | st.text("0123456789afx.:%", max_size=40))
def test_whatever_stands_there_is_an_address_a_name_or_refused(host: str) -> None:
    try:
        found = literal(host)
    except AddressRefused:
        return
    assert found is None or str(found) == host.lower() or ":" in host
    assert host.isascii()


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST.", "a.localhost", "nas", "db.internal", "x.local", "router.lan", "a.b.home.arpa"]
)
def test_names_of_the_network_inside(name: str) -> None:
    assert is_inside(name)


@pytest.mark.parametrize(
    "name", ["example.org", "notlocal.example", "local.example", "xlocal.net", "a.internal.example"]
)
def test_names_of_the_network_outside(name: str) -> None:
    assert not is_inside(name)
