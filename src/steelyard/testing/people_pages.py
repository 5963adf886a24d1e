"""People for the pages, held in lists: for tests and for looking at the pages without a depot."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.auditing import AuditQuery
from steelyard.web.people import AccountState, Mark, PeopleSources, Strangers, TokenState
from steelyard.web.people_forms import KeyForm, LinkForm, PasswordForm, SetupForm, SignInForm, TokenForm, UserForm
from steelyard.web.shelf import Json
from steelyard.web.viewer import NOBODY, Viewer

MEMBER = Viewer("ada", "member", "ada", "account", has_session=True, asks=True, pulls=True, changes=True)
ADMIN = Viewer("root", "admin", "root", "account", has_session=True, asks=True, pulls=True, changes=True, runs=True)
GUEST = Viewer("bob", "viewer", known_by="tailnet")
COOKIE = "fake_session"
TOKEN = "sy_0123456789_secret"  # noqa: S105 - no secret


@dataclass
class FakePeople:
    """All sources about people, and who looks.

    ``refuse`` is raised by whatever a person does, ``broken`` by what the pages read, ``unknown`` where it is asked
    who looks. ``calls`` keeps what was asked for: the verb and what it was about. A sign-in gives the cookie
    ``COOKIE``, a sign-out takes it.
    """

    looking: Viewer = NOBODY
    state: AccountState | None = None
    accounts: list[Json] = field(default_factory=list)
    others: Strangers = field(default_factory=Strangers)
    shown: list[Json] = field(default_factory=list)
    waiting: list[Json] = field(default_factory=list)
    lines: list[Json] = field(default_factory=list)
    refuse: SteelyardError | None = None
    broken: SteelyardError | None = None
    unknown: SteelyardError | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def sources(self) -> PeopleSources:
        """Itself in every part."""
        return PeopleSources(_Doors(self), _Own(self), _Users(self), _Tokens(self), _Approvals(self), _Audit(self))

    async def viewer(self, request: Request) -> Viewer:
        """Whoever was set."""
        if self.unknown:
            raise self.unknown
        return self.looking

    def read(self) -> None:
        """Raises ``broken``."""
        if self.broken:
            raise self.broken

    def do(self, *call: Any) -> None:
        """Write a call down. Raises ``refuse``."""
        self.calls.append(call)
        if self.refuse:
            raise self.refuse


@dataclass
class _Doors:
    people: FakePeople

    async def sign_in(self, form: SignInForm, request: Request) -> Mark:
        self.people.do("sign-in", form.username, form.password)
        return _give

    async def sign_out(self, request: Request) -> Mark:
        self.people.do("sign-out")
        return _take

    async def set_up(self, form: SetupForm, request: Request) -> Mark:
        self.people.do("set-up", form.code, form.username, form.password)
        return _give


@dataclass
class _Own:
    people: FakePeople

    async def account(self, request: Request) -> AccountState:
        self.people.read()
        return self.people.state or AccountState(fake_me(None, None, "address"))

    async def set_password(self, form: PasswordForm, request: Request) -> Mark:
        self.people.do("password", form.current, form.password)
        return _give

    async def make_token(self, form: TokenForm, request: Request) -> Json:
        self.people.do("token", form)
        return fake_token(label=form.label, token=TOKEN)

    async def revoke_token(self, token_id: str, request: Request) -> None:
        self.people.do("revoke", token_id)

    async def add_key(self, form: KeyForm, request: Request) -> None:
        self.people.do("add-key", form)

    async def remove_key(self, key_id: str, request: Request) -> None:
        self.people.do("remove-key", key_id)

    async def sign_out_everywhere(self, request: Request) -> Mark:
        self.people.do("sign-out-everywhere")
        return _take


@dataclass
class _Users:
    people: FakePeople

    async def users(self, offset: int, limit: int, request: Request) -> tuple[int, list[Json]]:
        self.people.read()
        return len(self.people.accounts), self.people.accounts[offset : offset + limit]

    async def strangers(self, limit: int, request: Request) -> Strangers:
        return self.people.others

    async def add(self, form: UserForm, request: Request) -> str:
        self.people.do("add", form)
        return form.username

    async def change_role(self, name: str, role: str, request: Request) -> None:
        self.people.do("role", name, role)

    async def switch(self, name: str, request: Request, *, disabled: bool) -> None:
        self.people.do("switch", name, disabled)

    async def set_password(self, name: str, password: str, request: Request) -> None:
        self.people.do("password", name, password)

    async def sign_out(self, name: str, request: Request) -> None:
        self.people.do("sign-out", name)

    async def delete(self, name: str, request: Request) -> None:
        self.people.do("delete", name)

    async def link(self, form: LinkForm, request: Request) -> None:
        self.people.do("link", form)

    async def unlink(self, form: LinkForm, request: Request) -> None:
        self.people.do("unlink", form)


@dataclass
class _Tokens:
    people: FakePeople

    async def tokens(self, offset: int, limit: int, request: Request) -> TokenState:
        self.people.read()
        return TokenState(len(self.people.shown), self.people.shown[offset : offset + limit])

    async def make_token(self, form: TokenForm, request: Request) -> Json:
        self.people.do("token", form)
        return fake_token(label=form.label, username=form.user, token=TOKEN)

    async def revoke_token(self, token_id: str, request: Request) -> None:
        self.people.do("revoke", token_id)


@dataclass
class _Approvals:
    people: FakePeople

    async def waiting(self, offset: int, limit: int, request: Request) -> tuple[int, list[Json]]:
        self.people.read()
        return len(self.people.waiting), self.people.waiting[offset : offset + limit]

    async def decide(self, task_id: str, reason: str, request: Request, *, agreed: bool) -> None:
        self.people.do("approve" if agreed else "deny", task_id, reason)


@dataclass
class _Audit:
    people: FakePeople

    async def entries(self, query: AuditQuery, request: Request) -> tuple[int, list[Json]]:
        self.people.read()
        found = [one for one in self.people.lines if query.user in (None, one["username"])]
        return len(found), found[query.offset : query.offset + query.limit]


def _give(response: Response) -> None:
    response.set_cookie(COOKIE, "given", httponly=True)


def _take(response: Response) -> None:
    response.delete_cookie(COOKIE)


def fake_state(role: str = "member", tokens: list[Json] | None = None, **user: object) -> AccountState:
    """The account of ada, who signed in; any field of the user can be given."""
    scopes = ("read", "pull", "write", "report", "admin")
    return AccountState(fake_me("ada", role), fake_user() | {"role": role} | user, tokens or [], scopes, scopes[:-1])


def fake_me(account: str | None, role: str | None, known_by: str = "account", **fields: object) -> Json:
    """The answer of ``GET /api/v1/me``; any field can be given."""
    return {
        "username": account or "192.0.2.7", "account": account, "role": role, "identified_by": known_by,
        "scopes": None, "credential": "session:s" if account else None, "mode": "required",
    } | fields  # fmt: skip


def fake_user(name: str = "ada", role: str = "member", **fields: object) -> Json:
    """An account of the API with a password, made three days ago; any field can be given."""
    return {
        "username": name, "role": role, "disabled": False, "has_password": True,
        "created_at": "2026-03-09T10:00:00.000Z", "created_by": "root", "disabled_at": None,
        "password_changed_at": "2026-03-09T10:00:00.000Z", "principals": [],
    } | fields  # fmt: skip


def fake_token(label: str = "laptop", **fields: object) -> Json:
    """A token of the API, ada's, good for a month to come; any field can be given."""
    return {
        "id": "0123456789", "username": "ada", "label": label, "status": "active", "scopes": ["pull", "read"],
        "cidrs": None, "created_at": "2026-03-09T10:00:00.000Z", "expires_at": "2026-04-11T10:00:00.000Z",
        "last_used_at": None, "revoked_at": None,
    } | fields  # fmt: skip


def fake_key(label: str = "ada@laptop", **fields: object) -> Json:
    """A public key of the API, ada's; any field can be given."""
    return {
        "id": "k123456789", "username": "ada", "label": label, "fingerprint": "SHA256:abcdefgh", "status": "active",
        "public_key": "ssh-ed25519 AAAA", "created_at": "2026-03-09T10:00:00.000Z", "last_used_at": None,
    } | fields  # fmt: skip


def fake_line(action: str = "user.change", **fields: object) -> Json:
    """A line of the audit log: root made ada an administrator; any field can be given."""
    return {
        "id": 7, "timestamp": "2026-03-12T09:57:00.000Z", "username": "root", "identified_by": "account",
        "ip_address": "192.0.2.7", "credential": "session:s", "action": action, "subject": "ada",
        "before": {"role": "member"}, "after": {"role": "admin"},
    } | fields  # fmt: skip


def fake_case(model: str = "org/huge", **fields: object) -> Json:
    """A request of ada's that waits for an administrator; any field can be given."""
    return {
        "task_id": "0198-task", "status": "waiting", "model": model, "revision": "b" * 40, "include": ["*.gguf"],
        "exclude": [], "variant": None, "source": "huggingface", "username": "ada", "identified_by": "account",
        "vpn_ip": "192.0.2.7", "priority": "medium", "size_bytes": 120_000_000_000,
        "reasons": ["would hold 120 GB of your 100 GB"], "asked_at": "2026-03-12T09:00:00.000Z", "decided_at": None,
        "decided_by": None, "decision_reason": None, "request_status": "awaiting_approval", "job_id": None,
    } | fields  # fmt: skip


def fake_stranger(name: str = "bob", **fields: object) -> Json:
    """Somebody of the tailnet without an account; any field can be given."""
    return {
        "kind": "tailnet", "subject": f"{name}@example.org", "name": name, "account": None,
        "first_seen_at": "2026-03-12T09:00:00.000Z",
    } | fields  # fmt: skip
