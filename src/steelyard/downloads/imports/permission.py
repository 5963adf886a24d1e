"""Which folders may be imported. Pure: whoever may start an import may make the server read what it can read.

The process that is asked judges, by its own settings; whoever does the work later goes by the grant.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from steelyard.downloads.imports.errors import PathRefused
from steelyard.http.settings import ServerSettings, is_loopback


@dataclass(frozen=True, slots=True)
class Grant:
    """A folder that may be imported, links resolved, and the root that allowed it."""

    path: Path
    root: Path

    def require(self, found: Path) -> None:
        """Check where the folder is found now, links resolved. Raises PathRefused."""
        if found != self.path or not found.is_relative_to(self.root):
            raise PathRefused("The folder leads elsewhere than when it was asked for.", hint="Ask for it again.")


@dataclass(frozen=True, slots=True)
class Permission:
    """``roots`` are real paths; None is the default: anywhere if ``alone``, else nowhere but the own store."""

    store: Path
    roots: Sequence[Path] | None
    alone: bool

    def grant(self, path: Path) -> Grant:
        """Allow a real path, links resolved. Raises PathRefused."""
        root = root_of(path, self)
        if root is None:
            raise PathRefused(
                "The depot may not import from there.",
                hint='Allow it on the server: STEELYARD_IMPORTS__ROOTS=["/the/folder"], then ask again.',
            )
        return Grant(path, root)


def root_of(path: Path, permission: Permission) -> Path | None:
    """The root that allows a path; None when none does.

    The own store's cache always, the given roots, and without roots anything while nobody else reaches the depot.
    """
    store = permission.store
    roots: Sequence[Path]
    if path.is_relative_to(store):
        roots = [store] if path == store else [store / "hub"]
    elif permission.roots is None:
        roots = [Path(path.anchor)] if permission.alone else []
    else:
        roots = permission.roots
    return next((root for root in roots if path.is_relative_to(root)), None)


def is_alone(server: ServerSettings, roles: Collection[str]) -> bool:
    """Whether only this machine reaches the depot: it listens on loopback, and no proxy is meant to bring others.

    A process that does not serve cannot tell who reaches those that do.
    """
    is_open = bool(server.trusted_proxies) or server.public_url is not None
    return "api" in roles and is_loopback(server.host) and not is_open
