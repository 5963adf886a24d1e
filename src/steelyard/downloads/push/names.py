"""Below which names who pushes. Pure.

A reserved namespace is the whole team's. An account's own name is a namespace too, for its owner and administrators;
where access is open so is the name that somebody gives themselves.
"""

from collections.abc import Sequence

from steelyard.core.ref import InvalidReference, parse
from steelyard.downloads.push.errors import namespace_closed, no_account, no_namespace
from steelyard.identity.principal import Caller, PrincipalKind


def is_reserved(repo: str, reserved: Sequence[str]) -> bool:
    """Whether a name lies in one of the team's namespaces, so that no hub is ever asked for it, in whatever case it is
    written: hubs make no difference."""
    namespace, slash, _ = repo.partition("/")
    return bool(slash) and namespace.casefold() in {one.casefold() for one in reserved}


def own_namespace(caller: Caller) -> str | None:
    """The name below which somebody pushes for themselves; None for whoever has none, or one that no name begins with.

    Somebody without an account says their name only where access is open; elsewhere they are an address.
    """
    declared = caller.principal.kind is PrincipalKind.DECLARED and caller.proven is None
    name = caller.access.account or (caller.name if declared else None)
    return name if name is not None and _begins_names(name) else None


def namespaces_of(caller: Caller, reserved: Sequence[str]) -> list[str]:
    """Where somebody may make repositories, their own namespace first."""
    own = own_namespace(caller)
    return list(dict.fromkeys([*([own] if own else []), *reserved]))


def full_name(name: str, organisation: str | None, caller: Caller, reserved: Sequence[str]) -> str:
    """The repository that ``name`` means. Raises NamespaceClosed, InvalidReference."""
    mine = namespaces_of(caller, reserved)
    if organisation is None and not mine:
        raise no_namespace(name)
    whole = f"{mine[0] if organisation is None else organisation}/{name}"
    if parse(f"models/{whole}").name != whole:
        raise InvalidReference(f"{whole[:120]!r} cannot be a repository's name.", hint="Write it like 'team/name'.")
    return whole


def require_namespace(repo: str, caller: Caller, reserved: Sequence[str], *, is_account: bool) -> None:
    """Raises NamespaceClosed. ``is_account``: somebody's account has the namespace's name.

    Whoever is only vouched for could own nothing: it would be whoever's who gets an account of that name.
    """
    if caller.access.account is None and not caller.is_admin:
        raise no_account(repo)
    namespace = repo.partition("/")[0]
    mine = namespaces_of(caller, reserved)
    if namespace not in mine and not (is_account and caller.is_admin):
        raise namespace_closed(repo, mine)


def _begins_names(name: str) -> bool:
    try:
        found = parse(f"models/{name}/x")
    except InvalidReference:
        return False
    return found.name == f"{name}/x"
