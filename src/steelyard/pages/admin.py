"""What administrators do about people. Every method raises NotYourAccount for whoever is none, and DatabaseAway."""

from typing import Any

from starlette.requests import Request

from steelyard.identity.accounts.bodies import LinkBody, NewPassword, NewUser, UserChange
from steelyard.identity.accounts.links import LINKABLE, LinkService
from steelyard.identity.accounts.models import Seen
from steelyard.identity.accounts.session_routes import Doors
from steelyard.identity.accounts.users import UserService
from steelyard.identity.accounts.views import seen_json, user_json
from steelyard.identity.asking import asking
from steelyard.identity.audit.models import AuditFilter
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.audit.views import audit_json
from steelyard.identity.principal import Caller, PrincipalKind
from steelyard.pages.checked import checked
from steelyard.web.auditing import AuditQuery
from steelyard.web.people import Strangers
from steelyard.web.people_forms import LinkForm, UserForm


class UserPages:
    """Implements UserSource."""

    def __init__(self, doors: Doors, users: UserService, links: LinkService) -> None:
        self._doors = doors
        self._users = users
        self._links = links

    async def users(self, offset: int, limit: int, request: Request) -> tuple[int, list[dict[str, Any]]]:
        """How many accounts there are, and one page of them by name."""
        total, cards = await self._users.list_page(await self._caller(request), limit, offset)
        return total, [user_json(card) for card in cards]

    async def strangers(self, limit: int, request: Request) -> Strangers:
        """Whom the tailnet or a proxy vouches for and who belongs to no account, newest first."""
        caller, total = await self._caller(request), 0
        found: list[Seen] = []
        for kind in sorted(LINKABLE):
            number, seen = await self._links.seen(caller, kind, False, limit, 0)
            total, found = total + number, found + seen
        newest = sorted(found, key=lambda one: one.first_seen_at, reverse=True)[:limit]
        return Strangers(total, [seen_json(seen) for seen in newest])

    async def add(self, form: UserForm, request: Request) -> str:
        """Make an account; its name. Raises BadForm, and what UserService.create raises."""
        fields = {"username": form.username, "role": form.role, "password": form.password or None}
        body = checked(NewUser, fields)
        password = None if body.password is None else body.password.get_secret_value()
        return (await self._users.create(await self._caller(request), body.username, body.role, password)).user.name

    async def change_role(self, name: str, role: str, request: Request) -> None:
        """Give another role. Raises BadForm, UserMissing, UnfitForRole, LastAdmin."""
        await self._users.change(await self._caller(request), name, checked(UserChange, {"role": role}).role, None)

    async def switch(self, name: str, request: Request, *, disabled: bool) -> None:
        """Disable or enable. Raises UserMissing, LastAdmin."""
        await self._users.change(await self._caller(request), name, None, disabled)

    async def set_password(self, name: str, password: str, request: Request) -> None:
        """Set somebody's password. Raises BadForm, and what PasswordService.set raises."""
        body = checked(NewPassword, {"password": password})
        caller, address = await self._caller(request), asking(request.scope).address
        await self._doors.passwords.set(caller, name, body.password.get_secret_value(), None, address)

    async def sign_out(self, name: str, request: Request) -> None:
        """End all sessions of an account. Raises UserMissing."""
        await self._doors.sign_in.end_all(await self._caller(request), name)

    async def delete(self, name: str, request: Request) -> None:
        """Delete an account. Raises UserMissing, LastAdmin."""
        await self._users.delete(await self._caller(request), name)

    async def link(self, form: LinkForm, request: Request) -> None:
        """Let a principal belong to an account. Raises BadForm, UserMissing, LinkTaken."""
        await self._links.link(await self._caller(request), form.username, _link(form))

    async def unlink(self, form: LinkForm, request: Request) -> None:
        """Let a principal belong to nobody. Raises BadForm, UserMissing, LinkMissing."""
        await self._links.unlink(await self._caller(request), form.username, _link(form))

    async def _caller(self, request: Request) -> Caller:
        return await self._doors.people.caller(request.scope)


class AuditPages:
    """Implements AuditSource; the table of routes lets only administrators come here."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    async def entries(self, query: AuditQuery, request: Request) -> tuple[int, list[dict[str, Any]]]:
        """How many lines match, and one page of them, newest first. Raises DatabaseAway."""
        wanted = AuditFilter(
            principals=None if query.user is None else await self._log.principals(query.user),
            action=query.action, subject=query.subject, since=query.since, until=query.end,
        )  # fmt: skip
        total, entries = await self._log.list_page(wanted, query.limit, query.offset)
        return total, [audit_json(entry) for entry in entries]


def _link(form: LinkForm) -> tuple[PrincipalKind, str]:
    body = checked(LinkBody, {"kind": form.kind, "subject": form.subject})
    return PrincipalKind(body.kind), body.subject
