"""How a host may be written: as a name, or as an address in its one usual form."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from steelyard.sources.guard.errors import refused
from steelyard.sources.guard.networks import Address

_LONGEST = 253  # RFC 1035
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)  # what makes the C library read the whole as an address
# Names that no public zone has: RFC 6761, RFC 6762, RFC 8375, and what routers and companies took without asking.
_INSIDE = (
    "localhost", "localdomain", "local", "internal", "intranet", "private", "lan", "home", "corp", "home.arpa",
)  # fmt: skip


def literal(host: str) -> Address | None:
    """The address that a host is, or None for a name.

    Raises AddressRefused for what one program reads as an address and another as a name: ``0x7f.1``, ``127.1``,
    ``2130706433``, ``127.0.0.1.``, a zone, or letters that are no ASCII and may become dots.
    """
    lowered = host.lower()
    try:
        if ":" in lowered:
            return _without_zone(lowered)
        if _NUMBER.fullmatch(lowered.rstrip(".").rpartition(".")[2]):
            return IPv4Address(lowered)
    except AddressValueError:
        raise refused(host, "is an address in an unusual spelling") from None
    if len(lowered) > _LONGEST or not _NAME.fullmatch(lowered):
        raise refused(host, "is not the name of a host")
    return None


def is_inside(name: str) -> bool:
    """Whether a name can only mean a host of the network inside."""
    bare = name.lower().rstrip(".")
    return "." not in bare or any(bare.endswith(f".{zone}") for zone in _INSIDE)


def _without_zone(text: str) -> IPv6Address:
    if "%" in text:
        raise AddressValueError(text)
    return IPv6Address(text)
