"""What people do about their own account."""

from functools import partial
from typing import Any

from starlette.requests import Request

from steelyard.identity.accounts.bodies import NewPassword
from steelyard.identity.accounts.errors import NotYourAccount
from steelyard.identity.accounts.rights import scopes_of, usual_scopes
from steelyard.identity.accounts.session_routes import Doors
from steelyard.identity.accounts.users import UserService
from steelyard.identity.accounts.views import me_json, user_json
from steelyard.identity.asking import asking
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Scope
from steelyard.pages.checked import checked
from steelyard.pages.keys import KeyPages
from steelyard.pages.signin import keep
from steelyard.pages.tokens import TokenPages
from steelyard.web.people import AccountState, Mark
from steelyard.web.people_forms import KeyForm, PasswordForm, TokenForm

_TOKENS = 100


class AccountPages:
    """Implements AccountSource."""

    def __init__(self, doors: Doors, users: UserService, tokens: TokenPages, keys: KeyPages) -> None:
        self._doors = doors
        self._users = users
        self._tokens = tokens
        self._keys = keys

    async def account(self, request: Request) -> AccountState:
        """Who they are here. Raises UserMissing, DatabaseAway."""
        caller = await self._caller(request)
        me, name = me_json(caller, self._doors.mode), caller.access.account
        if name is None:
            return AccountState(me)
        card = await self._users.get(caller, name)
        return AccountState(
            me=me,
            user=user_json(card),
            tokens=await self._tokens.of(caller, name, _TOKENS),
            scopes=_names(scopes_of(card.user.role)),
            usual=_names(usual_scopes(card.user.role)),
            days=self._tokens.usual_days,
            keys=await self._keys.of(caller, name, _TOKENS),
        )

    async def set_password(self, form: PasswordForm, request: Request) -> Mark:
        """Change their password. Raises BadForm, NotYourAccount, and what PasswordService.set raises."""
        fields = {"password": form.password, "current": form.current or None}
        caller, body = await self._caller(request), checked(NewPassword, fields)
        current = None if body.current is None else body.current.get_secret_value()
        address, new = asking(request.scope).address, body.password.get_secret_value()
        who = await self._doors.passwords.set(caller, own_name(caller), new, current, address)
        return keep if who is None else partial(self._doors.cookie.give, text=who.cookie)

    async def make_token(self, form: TokenForm, request: Request) -> dict[str, Any]:
        """A token for them. Raises NotYourAccount, and what TokenPages.make_token raises."""
        own_name(await self._caller(request))
        return await self._tokens.make_token(TokenForm(form.label, "", form.scopes, form.days), request)

    async def revoke_token(self, token_id: str, request: Request) -> None:
        """Take one of their tokens back. Raises TokenMissing."""
        await self._tokens.revoke_token(token_id, request)

    async def add_key(self, form: KeyForm, request: Request) -> None:
        """Register a public key for them. Raises NotYourAccount, and what KeyPages.add raises."""
        await self._keys.add(form, own_name(await self._caller(request)), request)

    async def remove_key(self, key_id: str, request: Request) -> None:
        """Let one of their keys be nobody's. Raises KeyMissing."""
        await self._keys.remove(key_id, request)

    async def sign_out_everywhere(self, request: Request) -> Mark:
        """End all of their sessions. Raises NotYourAccount, UserMissing."""
        caller = await self._caller(request)
        await self._doors.sign_in.end_all(caller, own_name(caller))
        return self._doors.cookie.take

    async def _caller(self, request: Request) -> Caller:
        return await self._doors.people.caller(request.scope)


def own_name(caller: Caller) -> str:
    """The caller's account. Raises NotYourAccount where there is none."""
    if caller.access.account is None:
        raise NotYourAccount("You have no account here.", hint="Sign in, or ask an administrator of this depot.")
    return caller.access.account


def _names(scopes: frozenset[Scope]) -> tuple[str, ...]:
    return tuple(scope.value for scope in Scope if scope in scopes)
