"""Whom a principal belongs to: an administrator says so, and only of those that somebody else vouches for."""

from datetime import datetime

from sqlalchemy import Connection

from steelyard.identity import store
from steelyard.identity.accounts import account_store, link_store
from steelyard.identity.accounts.errors import BadLink, LinkMissing, LinkTaken
from steelyard.identity.accounts.link_store import Link
from steelyard.identity.accounts.models import Seen
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.rights import require_admin
from steelyard.identity.accounts.users import Card, card_of
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.audit.subjects import of_account
from steelyard.identity.principal import Caller, PrincipalKind

LINKABLE = frozenset({PrincipalKind.TAILNET, PrincipalKind.PROXY})


class LinkService:
    """Links principals to accounts. For administrators only. Raises NotYourAccount, UserMissing, DatabaseAway."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def seen(
        self, caller: Caller, kind: PrincipalKind | None, linked: bool | None, limit: int, offset: int
    ) -> tuple[int, list[Seen]]:
        """Everybody who was ever seen, newest first, with the true total."""
        require_admin(caller)
        return await self._registry.read(
            lambda connection: link_store.list_page(connection, kind, linked, limit, offset)
        )

    async def link(self, caller: Caller, name: str, link: Link) -> Card:
        """Let a principal belong to an account, also before it was ever seen. Raises BadLink, LinkTaken."""
        require_admin(caller)
        if link[0] not in LINKABLE:
            raise BadLink(
                f"A principal of kind {link[0].value!r} proves nothing.", hint="Link one of kind tailnet or proxy."
            )

        def work(connection: Connection, now: datetime) -> Card:
            user = account_store.require(connection, name)
            holder = link_store.link(connection, link, user.id, now)
            if holder is None:
                deed = Deed("user.link", of_account(user.id), None, _facts(connection, link))
                audit.record(connection, caller, deed, now)
            elif holder != user.id:
                raise LinkTaken(
                    f"{link[1]} belongs to another account.", hint="Unlink it there: steelyard users unlink NAME …"
                )
            return card_of(connection, user)

        return await self._registry.change(name, work)

    async def unlink(self, caller: Caller, name: str, link: Link) -> Card:
        """Let a principal belong to nobody. Raises LinkMissing."""
        require_admin(caller)

        def work(connection: Connection, now: datetime) -> Card:
            user = account_store.require(connection, name)
            if not link_store.unlink(connection, link, user.id):
                raise LinkMissing(
                    f"{link[0].value} {link[1]} does not belong to {user.name}.",
                    hint="`steelyard users` shows what is linked.",
                )
            deed = Deed("user.unlink", of_account(user.id), _facts(connection, link), None)
            audit.record(connection, caller, deed, now)
            return card_of(connection, user)

        return await self._registry.change(name, work)


def _facts(connection: Connection, link: Link) -> dict[str, object]:
    """Without the subject, which is somebody's address of mail as often as not."""
    found = store.find(connection, *link)
    return {"kind": link[0].value, "principal": found.id if found else None}
