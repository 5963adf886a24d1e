"""Networks as settings name them: ``10.0.0.0/8``, ``fd00::/8``, or a single address."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def networks(texts: Iterable[str]) -> list[Network]:
    """Of these texts; bits of a host behind the prefix are let pass. Raises ValueError."""
    return [ip_network(text, strict=False) for text in texts]


def checked(texts: list[str]) -> list[str]:
    """The texts themselves, each of which names a network. Raises ValueError."""
    networks(texts)
    return texts
