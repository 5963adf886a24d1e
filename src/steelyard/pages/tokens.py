"""Tokens as the pages make, list and revoke them: everybody's, and for the account's page one's own."""

from typing import Any

from starlette.requests import Request

from steelyard.core.clock import Clock
from steelyard.identity.accounts.bodies import NewTokenBody
from steelyard.identity.accounts.tokens import TokenService, TokenWish
from steelyard.identity.accounts.views import token_json
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.pages.checked import BadForm, checked
from steelyard.web.people import TokenState
from steelyard.web.people_forms import TokenForm


class TokenPages:
    """Implements TokensSource. A new token is good for ``usual_days`` unless the form says otherwise."""

    def __init__(self, tokens: TokenService, people: People, clock: Clock, usual_days: int) -> None:
        self._tokens = tokens
        self._people = people
        self._clock = clock
        self.usual_days = usual_days

    async def tokens(self, offset: int, limit: int, request: Request) -> TokenState:
        """One page of everybody's. Raises DatabaseAway."""
        caller = await self._people.caller(request.scope)
        total, found = await self._tokens.list_page(caller, None, limit, offset, revoked=False)
        return TokenState(total, [token_json(token, self._clock.now()) for token in found], self.usual_days)

    async def of(self, caller: Caller, name: str, limit: int) -> list[dict[str, Any]]:
        """The newest tokens of an account that were not revoked. Raises NotYourAccount, UserMissing."""
        _, found = await self._tokens.list_page(caller, name, limit, 0, revoked=False)
        return [token_json(token, self._clock.now()) for token in found]

    async def make_token(self, form: TokenForm, request: Request) -> dict[str, Any]:
        """A new token, with its text. Raises BadForm, and what TokenService.create raises."""
        if not form.scopes:
            raise BadForm("Nothing is ticked that it may do.", hint="Tick at least one.")
        body = checked(NewTokenBody, _fields(form))
        wish = TokenWish(body.label, body.user, frozenset(body.scopes or []), body.expires_in_days, None)
        token, text = await self._tokens.create(await self._people.caller(request.scope), wish)
        return token_json(token, self._clock.now()) | {"token": text}

    async def revoke_token(self, token_id: str, request: Request) -> None:
        """Take a token back. Raises TokenMissing."""
        await self._tokens.revoke(await self._people.caller(request.scope), token_id)


def _fields(form: TokenForm) -> dict[str, Any]:
    """The form as the API's body."""
    fields = {"label": form.label, "scopes": list(form.scopes), "expires_in_days": form.days or None}
    return fields | ({"user": form.user} if form.user else {})
