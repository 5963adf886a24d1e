"""One spelling for each IP address, so that two spellings of one address meet."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def spelled(address: str) -> str | None:
    """The address in its usual spelling; None for what no tailnet hands out: no address, loopback, link-local.

    ``fd7a:115C:0::1`` and ``fd7a:115c::1`` are one, and ``::ffff:100.64.0.1`` is ``100.64.0.1``, as sockets that
    listen on both families spell it.
    """
    found = _parsed(address)
    if found is None or found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast:
        return None
    return str(found)


def with_port(address: str) -> str:
    """``IP:0``: tailscaled takes 0 for any port, and earlier versions of it take no address alone."""
    return f"[{address}]:0" if ":" in address else f"{address}:0"


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
