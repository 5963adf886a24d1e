"""How much of an address is kept. Every record and every log line gets its address from here.

- ``full``: the address in its one canonical spelling.
- ``truncate``: its network, ``100.64.3.0/24`` or ``2001:db8:7::/48``: it cannot be taken for somebody's address.
- ``hash``: ``h~`` and 16 hex digits, HMAC-SHA-256 (RFC 2104) under a random key of the UTC day. The same address has
  the same hash for a day; once the key is destroyed no hash leads back to an address, or to one of another day.
- ``off``: the word ``hidden``.

An IPv4 address written as IPv6 (``::ffff:100.64.3.7``) is the IPv4 address; a zone (``%eth0``) is left out. What is no
address (``unknown``, a name, something that was masked before) stays as it is, but for ``off``.
"""

import datetime
import hmac
import secrets
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.identity.salts import salt_of

AddressMode = Literal["full", "truncate", "hash", "off"]
Address = IPv4Address | IPv6Address
HIDDEN = "hidden"
_WORDS = frozenset({HIDDEN, "unknown"})
_MARK = "h~"
_DIGITS = 16
_PREFIXES = {4: 24, 6: 48}


class AddressMask:
    """Masks addresses as the settings say. It asks the database once a day, and only to ``hash``."""

    def __init__(self, mode: AddressMode, database: Database, clock: Clock) -> None:
        self.mode = mode
        self._database = database
        self._clock = clock
        self._key: tuple[datetime.date, bytes] | None = None

    async def mask(self, address: str) -> str:
        """What is kept of the address that a request came from. Raises DatabaseAway at the first hash of all."""
        return HIDDEN if self.mode == "off" else await self.wanted(address)

    async def wanted(self, address: str) -> str:
        """What to look for when somebody asks for the records of ``address``, or of what they were shown as one.

        Records of another mode, or with ``hash`` of another day, are not found by it. Raises DatabaseAway as ``mask``.
        """
        found = parse_address(address)
        if found is None or self.mode in {"full", "off"}:
            return address if found is None else _shown(found)
        return truncated(found) if self.mode == "truncate" else hashed(found, await self._key_of_today())

    async def _key_of_today(self) -> bytes:
        today = self._clock.now().date()
        if self._key is None or self._key[0] != today:
            try:
                self._key = (today, await self._new_key(today))
            except DatabaseAway:
                if self._key is None:  # else yesterday's: who goes on while it is away shall not stop at midnight
                    raise
        return self._key[1]

    async def _new_key(self, today: datetime.date) -> bytes:
        fresh = secrets.token_hex(32)
        return bytes.fromhex(await self._database.write(lambda connection: salt_of(connection, today, fresh)))


@lru_cache(maxsize=4096)  # it is asked several times for each request
def parse_address(text: str) -> Address | None:
    """The address, without a zone, IPv4 where it is one in disguise; None for anything else."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


@lru_cache(maxsize=4096)
def _shown(address: Address) -> str:
    return str(address)


def is_hashed(text: str) -> bool:
    """Whether it is what the depot keeps of an address instead of it."""
    return text.startswith(_MARK)


def is_recordable(text: str) -> bool:
    """Whether records may have it where an address stands, in any of the modes."""
    if text in _WORDS or is_hashed(text) or parse_address(text) is not None:
        return True
    try:
        return str(ip_network(text)) == text
    except ValueError:
        return False


def truncated(address: Address) -> str:
    """The network it is in: /24 of IPv4, /48 of IPv6."""
    return str(ip_network((address, _PREFIXES[address.version]), strict=False))


def hashed(address: Address, key: bytes) -> str:
    """Its keyed hash."""
    return _MARK + hmac.digest(key, address.packed, "sha256").hex()[:_DIGITS]
