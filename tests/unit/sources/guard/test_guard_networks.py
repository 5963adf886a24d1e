"""Which addresses are public, and which a setting lets through."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.sources.guard.networks import judge

REFUSED = {
    "loopback": ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1"],
    "private": [
        "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff:ffff::1",
        "::ffff:10.0.0.1", "::ffff:c0a8:1", "64:ff9b::a00:1",
    ],
    "link-local": ["169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "fe80::1%eth0", "::ffff:169.254.169.254"],
    "shared (carrier or tailnet)": ["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"],
    "unspecified": ["0.0.0.1", "0.1.2.3", "::", "::ffff:0.0.0.0"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmark": ["198.18.0.1", "198.19.255.255"],
    "tunnel": ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001::1"],
    "reserved": [
        "192.0.0.1", "192.0.0.170", "192.88.99.1", "240.0.0.1", "255.255.255.255", "2001:2::1", "2001:10::1",
        "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::1", "100::1", "fec0::1", "5f00::1", "4000::1",
    ],
}  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111",
    "2a00::1", "2001:200::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "address"), [(kind, one) for kind, all_ in REFUSED.items() for one in all_])
def test_what_is_not_public_is_refused_as_what_it_is(kind: str, address: str) -> None:
    assert judge(ip_address(address)) == kind


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address: str) -> None:
    assert judge(ip_address(address)) is None


def test_an_allowed_network_lets_through_exactly_itself() -> None:
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00:1::/32"))
    for address in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00:1::1"]:
        assert judge(ip_address(address), allowed) is None
    for address in ["10.0.255.255", "10.2.0.0", "::ffff:10.2.0.0", "127.0.0.1", "fd00:2::1", "2002:a01:203::"]:
        assert judge(ip_address(address), allowed) is not None


def test_a_zone_is_no_way_around() -> None:
    assert judge(ip_address("fe80::1%eth0"), (ip_network("fd00::/8"),)) == "link-local"
    assert judge(ip_address("fe80::1%eth0"), (ip_network("fe80::/10"),)) is None


@given(st.ip_addresses(v=4))
def test_whatever_python_calls_private_is_refused_too(address: IPv4Address) -> None:
    known = not address.is_global or address.is_multicast
    assert judge(address) is not None or not known


@given(st.one_of(*[st.ip_addresses(network=network) for network in ["fc00::/6", "fe00::/7", "::/8", "2000::/3"]]))
def test_and_in_ipv6_as_well(address: ipaddress.IPv6Address) -> None:
    inside = address.ipv4_mapped or (
        IPv4Address(int(address) & 0xFFFFFFFF) if int(address) >> 32 == 0x64FF9B << 64 else None
    )
    known = (address.is_private or address.is_multicast or address.is_link_local) and inside is None
    assert judge(address) is not None or not known


@given(st.ip_addresses(v=4))
def test_no_spelling_in_ipv6_is_judged_otherwise(address: IPv4Address) -> None:
    assert judge(IPv6Address(f"::ffff:{address}")) == judge(address)
    assert judge(IPv6Address(f"64:ff9b::{address}")) == judge(address)
