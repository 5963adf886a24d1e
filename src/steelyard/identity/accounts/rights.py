"""What the table of routes cannot know: whose account it is, and what somebody may give away. Pure.

An account is its owner's and the administrators' matter. A token never gets more than whoever makes it has.
"""

from collections.abc import Mapping

from steelyard.identity.accounts.errors import NotYourAccount, TooMuchForToken
from steelyard.identity.names import name_key
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope

_TOKEN = "token:"  # noqa: S105 - how a credential begins, no secret
_LOOKERS = frozenset({Scope.READ, Scope.ADMIN})
_DOERS = frozenset({Scope.READ, Scope.PULL, Scope.WRITE, Scope.REPORT})
# The scope ``admin`` in the hands of anybody but an administrator opens their own account, nothing else.
_SCOPES: Mapping[Role, frozenset[Scope]] = {
    Role.VIEWER: _LOOKERS,
    Role.MEMBER: _DOERS | _LOOKERS,
    Role.SERVICE: _DOERS,
    Role.ADMIN: frozenset(Scope),
}


def scopes_of(role: Role) -> frozenset[Scope]:
    """The scopes that a token of somebody with this role can have."""
    return _SCOPES[role]


def usual_scopes(role: Role) -> frozenset[Scope]:
    """Those that it has unless told: all for daily work, none to touch accounts."""
    return _SCOPES[role] - {Scope.ADMIN}


def given_scopes(caller: Caller, owner: Role) -> frozenset[Scope]:
    """The usual ones of somebody with this role, as far as the caller's own token has them."""
    usual, held = usual_scopes(owner), caller.access.scopes
    return usual if held is None else usual & held


def is_own(caller: Caller, name: str) -> bool:
    """Whether an account is the caller's own."""
    return caller.access.account is not None and name_key(caller.access.account) == name_key(name)


def with_token(caller: Caller) -> bool:
    """Whether a program asks, by a token, and not a person who signed in."""
    return (caller.access.credential or "").startswith(_TOKEN)


def require_admin(caller: Caller) -> None:
    """Raises NotYourAccount."""
    if not caller.is_admin:
        raise NotYourAccount("Only administrators may do this.", hint="Ask an administrator of this depot.")


def require_own(caller: Caller, name: str) -> None:
    """For owners and administrators. Raises NotYourAccount."""
    if not is_own(caller, name):
        require_admin(caller)


def require_gift(caller: Caller, owner: Role, scopes: frozenset[Scope]) -> None:
    """Whether the caller may make a token with these scopes for somebody with this role. Raises TooMuchForToken."""
    held = caller.access.scopes
    if with_token(caller) and not caller.access.may(Role.VIEWER, Scope.ADMIN):
        raise TooMuchForToken(
            "A token makes other tokens only if it has the scope 'admin'.", hint="Sign in, and make the token there."
        )
    if not scopes:
        raise TooMuchForToken(
            "The token that you show has no scope to give on.",
            hint="Show one that has more than 'admin', such as 'read' too; or sign in, and make it there.",
        )
    beyond = scopes - scopes_of(owner) or (frozenset() if held is None else scopes - held)
    if beyond:
        names = ", ".join(sorted(scope.value for scope in beyond))
        holder = f"the role {owner.value!r}" if scopes - scopes_of(owner) else "the token that you show"
        raise TooMuchForToken(f"These scopes are more than {holder} has: {names}.", hint="Leave them out.")
