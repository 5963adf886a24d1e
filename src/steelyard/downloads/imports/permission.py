"""Which folders may be imported. Pure: whoever may start an import may make the server read what it can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from steelyard.downloads.imports.errors import PathRefused
from steelyard.http.settings import ServerSettings


@dataclass(frozen=True, slots=True)
class Permission:
    """``roots`` are real paths; None is the default: anywhere if ``alone``, else nowhere but the own store."""

    store: Path
    roots: Sequence[Path] | None
    alone: bool

    def require(self, path: Path) -> None:
        """Check a real path, links resolved. Raises PathRefused."""
        if not may_import(path, self):
            raise PathRefused(
                "The depot may not import from there.",
                hint='Allow it on the server: STEELYARD_IMPORTS__ROOTS=["/the/folder"], then ask again.',
            )


def may_import(path: Path, permission: Permission) -> bool:
    """The own store's cache always; the given roots; without roots anything while nobody else reaches the depot."""
    store = permission.store
    if path.is_relative_to(store):
        return path == store or path.is_relative_to(store / "hub")
    if permission.roots is None:
        return permission.alone
    return any(path.is_relative_to(root) for root in permission.roots)


def is_alone(server: ServerSettings) -> bool:
    """Whether only this machine reaches the depot: it listens on loopback, and no proxy is meant to bring others."""
    return _is_loopback(server.host) and not server.trusted_proxies and server.public_url is None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
