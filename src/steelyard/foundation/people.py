"""Everything about people, wired: who asks, who has an account, what was changed, what is remembered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from steelyard.core.clock import Clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.foundation.late import LateHasher, LateVerifier
from steelyard.http.settings import ServerSettings
from steelyard.identity.accounts.cookies import SessionCookie
from steelyard.identity.accounts.links import LinkService
from steelyard.identity.accounts.passwords import Passwords, password_threads
from steelyard.identity.accounts.public_keys import PublicKeyService
from steelyard.identity.accounts.registry import Registry
from steelyard.identity.accounts.renewal import PasswordService
from steelyard.identity.accounts.session_routes import Doors
from steelyard.identity.accounts.sessions import Sessions, SignIn
from steelyard.identity.accounts.setup import Setup
from steelyard.identity.accounts.tokens import TokenService
from steelyard.identity.accounts.users import UserService
from steelyard.identity.audit.retention import Retention
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.backoff import LoginGuard
from steelyard.identity.credentials import AccountCredentials
from steelyard.identity.links.listed import ListedLink
from steelyard.identity.links.openwebui import OpenWebUiLink
from steelyard.identity.links.openwebui_plain import OpenWebUiPlainLink
from steelyard.identity.links.protocol import Link
from steelyard.identity.links.proxy import ProxyLink
from steelyard.identity.links.session import SessionLink
from steelyard.identity.links.signature import SignatureLink
from steelyard.identity.links.tailnet import TailnetLink
from steelyard.identity.links.token import TokenLink
from steelyard.identity.people import AccessRule, People
from steelyard.identity.privacy import AddressMask
from steelyard.identity.roles import Role
from steelyard.identity.settings import IdentitySettings
from steelyard.identity.sightings import Sightings
from steelyard.identity.tailnet.chain import open_whois
from steelyard.identity.tailnet.models import Whois
from steelyard.settings import Settings


@dataclass(frozen=True, slots=True)
class Society:
    """Who there is and what they may do. ``background`` is to be kept running."""

    people: People
    mask: AddressMask
    users: UserService
    links: LinkService
    tokens: TokenService
    keys: PublicKeyService
    doors: Doors
    audit: AuditLog
    whois: Whois | None
    threads: ThreadPoolExecutor
    background: Mapping[str, Callable[[], Awaitable[None]]]

    async def close(self) -> None:
        """Ask nobody outside any more."""
        if self.whois is not None:
            await self.whois.close()


def gather(
    settings: Settings, database: Database, signals: Signals, clock: Clock, whois: Whois | None = None
) -> Society:
    """Wire the rooms of identity; ``whois`` takes the place of whom the settings name."""
    server, known = settings.server, settings.identity
    sightings = Sightings(database)
    credentials = AccountCredentials(database, clock, signals, sightings, known.session_idle_days)
    mask = AddressMask(settings.privacy.addresses, database, clock)
    whois = whois or open_whois(settings.tailnet, clock)
    chain = _chain(server, known, clock, credentials, whois)
    people = People(database, clock, chain, _rule(server), credentials, mask, _speakers(known, clock))
    registry, threads = Registry(database, clock, signals), password_threads()
    passwords, sessions = Passwords(LateHasher(), threads), Sessions(known.session_days)
    sign_in = SignIn(registry, passwords, sessions, LoginGuard(clock))
    doors = Doors(
        people=people,
        sign_in=sign_in,
        passwords=PasswordService(registry, passwords, sessions, sign_in),
        setup=Setup(registry, passwords, sessions),
        cookie=SessionCookie(server.prefix, secure=_is_https(server), days=known.session_days),
        mode="open" if server.is_open else "required",
    )
    return Society(
        people=people,
        mask=mask,
        users=UserService(registry, passwords),
        links=LinkService(registry),
        tokens=TokenService(registry),
        keys=PublicKeyService(registry),
        doors=doors,
        audit=AuditLog(database),
        whois=whois,
        threads=threads,
        background={
            "credentials": credentials.run,
            "links": lambda: people.keep_current(signals),
            "sightings": sightings.run,
            **_warm(database, people, credentials),
            "retention": Retention(database, clock, settings.privacy.audit_days).run,
        },
    )


def _warm(
    database: Database, people: People, credentials: AccountCredentials
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """What keeps people known while the database is away; a file never is."""
    if database.kind == "sqlite":
        return {}
    return {"warm people": people.keep_warm, "warm credentials": credentials.keep_warm}


def _speakers(known: IdentitySettings, clock: Clock) -> Sequence[Link]:
    """Who know the person behind a service's request."""
    secret, networks = known.openwebui_secret, known.openwebui_networks
    signed = [] if secret is None else [OpenWebUiLink(secret.get_secret_value(), clock)]
    return [*signed, *([OpenWebUiPlainLink(networks)] if networks else [])]


def _chain(
    server: ServerSettings,
    known: IdentitySettings,
    clock: Clock,
    credentials: AccountCredentials,
    whois: Whois | None,
) -> Sequence[Link]:
    """What is said for one person is surer than the address of the machine that speaks for many.

    Where everybody may everything and the name is what one says, what is signed counts from everywhere.
    """
    networks = known.openwebui_networks
    speakers = _speakers(known, clock)
    chain: list[Link] = [
        TokenLink(credentials),
        SignatureLink(credentials, LateVerifier(), clock),
        SessionLink(credentials),
    ]
    chain.extend(speakers if server.is_open else [ListedLink(speaker, networks) for speaker in speakers])
    if whois is not None:
        chain.append(TailnetLink(whois))
    if server.proxy_user_header is not None:
        chain.append(ProxyLink(server.proxy_user_header))
    return chain


def _rule(server: ServerSettings) -> AccessRule:
    guest = None if server.guest_role == "none" else Role(server.guest_role)
    return AccessRule("open" if server.is_open else "required", guest)


def _is_https(server: ServerSettings) -> bool:
    return server.public_url is not None and server.public_url.startswith("https:")
