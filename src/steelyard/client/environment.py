"""Where the server is and who is asking: given values first, then the environment, then a default."""

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from steelyard.client.errors import BadAddress

DEFAULT_URL = "http://127.0.0.1:8420"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Address:
    """A server and the way to introduce oneself there. ``user`` is None when nobody can say who is asking."""

    url: str
    token: str | None
    user: str | None

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.url).scheme == "https"

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine, so that no proxy may stand between."""
        return urlsplit(self.url).hostname in _LOOPBACK


def resolve(
    environ: Mapping[str, str],
    url: str | None = None,
    token: str | None = None,
    user: str | None = None,
    login: Callable[[], str] = getpass.getuser,
) -> Address:
    """The address to use: arguments win over STEELYARD_URL, STEELYARD_TOKEN and STEELYARD_USER. Raises BadAddress."""
    return Address(
        url=_checked(url or environ.get("STEELYARD_URL") or DEFAULT_URL),
        token=token or environ.get("STEELYARD_TOKEN") or None,
        user=user or detect_user(environ, login),
    )


def detect_user(environ: Mapping[str, str], login: Callable[[], str] = getpass.getuser) -> str | None:
    """STEELYARD_USER, else the login name, else the name of the home folder; None rather than an invented name."""
    said = environ.get("STEELYARD_USER", "").strip()
    if said:
        return said
    try:
        return login()
    except (KeyError, OSError, ImportError):  # a container's bare user id; Windows has no password database
        return PurePath(environ.get("HOME", "")).name or None


def user_header(user: str) -> str:
    """The value of ``X-Steelyard-User``: as it is when printable ASCII without ``%``, else percent-encoded UTF-8."""
    plain = user.isascii() and user.isprintable() and "%" not in user
    return user if plain else quote(user, safe=" ", errors="replace")


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadAddress(
            f"{url[:100]!r} is not the address of a server.", hint="Write it like http://depot:8420 or https://depot."
        )
    return url.rstrip("/")
