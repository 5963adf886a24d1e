"""Public keys: what is signed with the private half counts as its owner's."""

from collections.abc import AsyncIterator, Sequence

from steelyard.client.aio.connection import Sender
from steelyard.client.aio.pages import PAGE_SIZE, iterate
from steelyard.client.call import Call, given, nothing, page, shape
from steelyard.client.paths import segment
from steelyard.client.shapes import PublicKey, PublicKeyPage

_KEYS = "/api/v1/keys"


class Keys:
    """``client.keys``: one's own; administrators see and register everybody's."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    async def list(
        self, *, user: str | None = None, limit: int | None = None, offset: int | None = None
    ) -> PublicKeyPage:
        """One page, newest first."""
        params = {"user": user, "limit": limit, "offset": offset}
        return await self._wire.send(Call("GET", _KEYS, page(PublicKeyPage, "keys"), params))

    def iterate(self, *, user: str | None = None, page_size: int = PAGE_SIZE) -> AsyncIterator[PublicKey]:
        """All that match, fetched page by page."""

        async def fetch(limit: int, offset: int) -> tuple[int, Sequence[PublicKey]]:
            found = await self.list(user=user, limit=limit, offset=offset)
            return found["count"], found["keys"]

        return iterate(fetch, page_size)

    async def add(
        self,
        public_key: str,
        *,
        label: str | None = None,
        user: str | None = None,
        scopes: Sequence[str] | None = None,
    ) -> PublicKey:
        """Register the line of a .pub file (Ed25519), for oneself unless told, with what the token shown has.

        Raises Conflict where somebody has registered it.
        """
        said = {"public_key": public_key, "label": label, "user": user, "scopes": list(scopes) if scopes else None}
        body = given(said)
        return await self._wire.send(Call("POST", _KEYS, shape(PublicKey), json=body))

    async def remove(self, key_id: str) -> None:
        """From now on it is nobody's. Raises NotFound."""
        await self._wire.send(Call("DELETE", f"{_KEYS}/{segment(key_id, 'id of the key')}", nothing))
