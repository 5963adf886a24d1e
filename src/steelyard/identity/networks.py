"""Addresses and the networks that settings and tokens name."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Networks = Collection[IPv4Network | IPv6Network]


def is_within(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of them. What is no address lies nowhere; ``::ffff:192.0.2.7`` is 192.0.2.7."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return any(known in network for network in networks)
