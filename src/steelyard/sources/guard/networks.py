"""Which addresses are public.

Written out from the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its successors), because
what ``ipaddress`` calls private differs between the releases of Python.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Networks = Collection[Network]

_V4 = {
    "0.0.0.0/8": "unspecified", "10.0.0.0/8": "private", "100.64.0.0/10": "shared (carrier or tailnet)",
    "127.0.0.0/8": "loopback", "169.254.0.0/16": "link-local", "172.16.0.0/12": "private", "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation", "192.88.99.0/24": "reserved", "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmark", "198.51.100.0/24": "documentation", "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast", "240.0.0.0/4": "reserved",
}  # fmt: skip
# Outside 2000::/3 nothing is public. Tunnels (Teredo, 6to4) carry an IPv4 address and lead there by ways of their own.
_V6 = {
    "::/128": "unspecified", "::1/128": "loopback", "fe80::/10": "link-local", "fc00::/7": "private",
    "ff00::/8": "multicast", "2001::/32": "tunnel", "2001::/23": "reserved", "2001:db8::/32": "documentation",
    "2002::/16": "tunnel", "3fff::/20": "documentation",
}  # fmt: skip
_SPECIAL = tuple((ip_network(network), kind) for network, kind in (_V4 | _V6).items())
_GLOBAL_V6 = IPv6Network("2000::/3")
_SAME_AS_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))  # mapped (RFC 4291), NAT64 (RFC 6052)


def judge(address: Address, allowed: Networks = ()) -> str | None:
    """Why this address is refused, as the kind of its network; None when it is public or within ``allowed``.

    An IPv6 address that only spells an IPv4 one is judged as that one.
    """
    plain = IPv6Address(int(address)) if isinstance(address, IPv6Address) else address  # without a zone
    if any(plain in network for network in allowed):
        return None
    if isinstance(plain, IPv6Address) and any(plain in network for network in _SAME_AS_V4):
        return judge(IPv4Address(int(plain) & 0xFFFFFFFF), allowed)
    return next((kind for network, kind in _SPECIAL if plain in network), _kind_beyond(plain))


def _kind_beyond(address: Address) -> str | None:
    return "reserved" if isinstance(address, IPv6Address) and address not in _GLOBAL_V6 else None
