"""Accounts in a test: services wired as in the depot, a hasher that counts, and people who ask."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import Connection, select

from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity import store
from steelyard.identity.accounts import account_store
from steelyard.identity.accounts.links import LinkService
from steelyard.identity.accounts.passwords import Passwords
from steelyard.identity.accounts.public_keys import PublicKeyService
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.renewal import PasswordService
from steelyard.identity.accounts.sessions import BackOff, Sessions, SignedIn, SignIn
from steelyard.identity.accounts.setup import Setup
from steelyard.identity.accounts.tokens import TokenService, TokenWish
from steelyard.identity.accounts.users import UserService
from steelyard.identity.audit import subjects
from steelyard.identity.audit.tables import audit_log
from steelyard.identity.principal import EVERYTHING, Access, Caller, Principal, PrincipalKind
from steelyard.identity.roles import Role, Scope
from steelyard.testing.clock import HandClock

PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.7"


class CountingHasher:
    """No hash at all, but it counts how often it had to work."""

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.verified = 0

    def hash(self, password: str) -> str:
        return f"{self.version}:{password}"

    def verify(self, stored: str, password: str) -> bool:
        self.verified += 1
        return stored.partition(":")[2] == password

    def is_outdated(self, stored: str) -> bool:
        return stored.partition(":")[0] != str(self.version)


class CountingBackOff:
    """Lets everybody try and writes it down."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, str]] = []
        self.right: list[tuple[str, str]] = []

    def attempt(self, username: str, address: str) -> None:
        self.tried.append((username, address))

    def succeeded(self, username: str, address: str) -> None:
        self.right.append((username, address))


class Yard:
    """Everything about accounts, on one database."""

    def __init__(self, database: Database, clock: HandClock, back_off: BackOff | None = None) -> None:
        self.database, self.clock, self.signals = database, clock, Signals()
        self.hasher, self.tries = CountingHasher(), CountingBackOff()
        self.threads = ThreadPoolExecutor(2)
        self.registry = Registry(database, clock, self.signals)
        passwords, sessions = Passwords(self.hasher, self.threads), Sessions(30)
        self.users = UserService(self.registry, passwords)
        self.links = LinkService(self.registry)
        self.tokens = TokenService(self.registry)
        self.keys = PublicKeyService(self.registry)
        self.sign_in = SignIn(self.registry, passwords, sessions, back_off or self.tries)
        self.passwords = PasswordService(self.registry, passwords, sessions, self.sign_in)
        self.setup = Setup(self.registry, passwords, sessions)

    def close(self) -> None:
        self.threads.shutdown()

    async def caller(self, access: Access = EVERYTHING, name: str = "somebody") -> Caller:
        """Somebody with this access; in an open depot everybody has all of it."""
        kind = PrincipalKind.ACCOUNT if access.account else PrincipalKind.DECLARED
        now = self.clock.now()

        def meet(connection: Connection) -> Principal:
            user = account_store.find(connection, access.account) if access.account else None
            shown = access.account or name
            return store.find_or_add(connection, kind, str(user.id) if user else shown, shown, now)

        return Caller(await self.database.write(meet), ADDRESS, "a browser", access)

    async def account(self, name: str, role: Role = Role.MEMBER, *, password: bool = True) -> Caller:
        """An account, and its owner signed in."""
        with_password = password and role is not Role.SERVICE
        await self.users.create(await self.caller(), name, role, PASSWORD if with_password else None)
        return await self.caller(Access(role, name, credential="session:s1"))

    async def by_token(self, owner: Caller, *scopes: Scope) -> Caller:
        """The same person with a token."""
        access = replace(owner.access, scopes=frozenset(scopes), credential="token:t1")
        return replace(owner, access=access)

    async def token(
        self, owner: str, *, days: int | None = 90, cidrs: tuple[str, ...] | None = None
    ) -> tuple[str, str]:
        """A token for somebody: its id and its text."""
        wish = TokenWish("laptop", owner, None, days, cidrs)
        token, text = await self.tokens.create(await self.caller(), wish)
        return token.id, text

    async def session(self, name: str, old: str | None = None, address: str = ADDRESS) -> SignedIn:
        """Somebody signs in."""
        return await self.sign_in.start(await self.caller(), name, PASSWORD, address, old)

    async def deeds(self) -> list[str]:
        """What the audit log says, oldest first."""
        lines = select(audit_log.c.action, audit_log.c.subject).order_by(audit_log.c.id)

        def read(connection: Connection) -> list[str]:
            rows = connection.execute(lines).all()
            names = subjects.shown(connection, {row.subject for row in rows})
            return [f"{row.action} {names.get(row.subject, row.subject)}" for row in rows]

        return await self.database.read(read)
