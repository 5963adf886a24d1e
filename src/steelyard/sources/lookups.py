"""Names that are looked up for a while only: the system's resolver may take half a minute to give up."""

import asyncio
import socket
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult


class PatientResolver(AbstractResolver):
    """Asks another resolver, for at most ``seconds``."""

    def __init__(self, resolver: AbstractResolver, seconds: float) -> None:
        self._resolver = resolver
        self._seconds = seconds

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError, of which TimeoutError is one."""
        async with asyncio.timeout(self._seconds):
            return await self._resolver.resolve(host, port, family)

    async def close(self) -> None:
        """Close the resolver that asks."""
        await self._resolver.close()


def is_address(host: str) -> bool:
    """Whether there is nothing to look up."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
