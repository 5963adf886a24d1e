"""Public keys as the account's page lists, registers and removes them."""

from typing import Any

from starlette.requests import Request

from steelyard.identity.accounts.bodies import NewKeyBody
from steelyard.identity.accounts.public_keys import PublicKeyService
from steelyard.identity.accounts.views import public_key_json
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.pages.checked import checked
from steelyard.web.people_forms import KeyForm


class KeyPages:
    """One's own keys."""

    def __init__(self, keys: PublicKeyService, people: People) -> None:
        self._keys = keys
        self._people = people

    async def of(self, caller: Caller, name: str, limit: int) -> list[dict[str, Any]]:
        """The newest keys of an account. Raises NotYourAccount, UserMissing."""
        _, found = await self._keys.list_page(caller, name, limit, 0)
        return [public_key_json(key) for key in found]

    async def add(self, form: KeyForm, name: str, request: Request) -> None:
        """Register a key for an account. Raises BadForm, and what PublicKeyService.add raises."""
        body = checked(NewKeyBody, {"public_key": form.line, "label": form.label or None})
        await self._keys.add(await self._people.caller(request.scope), body.public_key, body.label, name)

    async def remove(self, key_id: str, request: Request) -> None:
        """Let a key be nobody's. Raises KeyMissing."""
        await self._keys.remove(await self._people.caller(request.scope), key_id)
