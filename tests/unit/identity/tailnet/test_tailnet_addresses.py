"""Spelling addresses."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.identity.tailnet.addresses import spelled, with_port


@pytest.mark.parametrize(
    ("address", "usual"),
    [
        ("100.64.0.1", "100.64.0.1"),
        ("fd7a:115C:A1E0:0:0:0:0:1", "fd7a:115c:a1e0::1"),
        ("FD7A:115C:A1E0::0001", "fd7a:115c:a1e0::1"),
        ("::ffff:100.64.0.1", "100.64.0.1"),
        ("::ffff:6440:1", "100.64.0.1"),
    ],
)
def test_every_spelling_becomes_one(address: str, usual: str) -> None:
    assert spelled(address) == usual


@pytest.mark.parametrize(
    "address",
    ["", "unknown", "testclient", "100.64.0", "100.64.0.01", "127.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%eth0",
     "169.254.1.1", str(IPv4Address(0)), "::", "224.0.0.1", "100.64.0.1:80", "[fd7a::1]"],
)  # fmt: skip
def test_what_no_tailnet_hands_out_is_nothing(address: str) -> None:
    assert spelled(address) is None


def test_a_port_is_added_as_the_family_needs_it() -> None:
    assert with_port("100.64.0.1") == "100.64.0.1:0"
    assert with_port("fd7a::1") == "[fd7a::1]:0"


@given(st.ip_addresses(network="fd7a:115c:a1e0::/48"))
def test_long_and_short_forms_meet(address: IPv6Address) -> None:
    assert spelled(address.exploded.upper()) == spelled(address.compressed)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_nothing(text: str) -> None:
    once = spelled(text)
    assert once is None or spelled(once) == once
