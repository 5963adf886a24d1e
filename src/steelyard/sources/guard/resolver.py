"""Resolve, judge, and connect to exactly that: between the check and the connection no name is asked for again."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from steelyard.sources.guard.guard import Guard


class GuardedResolver(AbstractResolver):
    """Gives a connector only addresses that the guard passed. Literal addresses never come here: ``route`` sees them"""

    def __init__(self, guard: Guard, resolver: AbstractResolver) -> None:
        self._guard = guard
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises AddressRefused when one of them is, OSError when there are none."""
        found = await self._resolver.resolve(host, port, family)
        self._guard.check_addresses(host, [result["host"] for result in found])
        return found

    async def close(self) -> None:
        """Close the resolver that asks."""
        await self._resolver.close()
