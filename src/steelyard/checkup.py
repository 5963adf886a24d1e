"""What ``steelyard doctor`` looks at: the things that go wrong on real machines, each with its remedy.

It looks and leaves nothing behind: a folder that is not there yet is judged by the one that would hold it.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx2

from steelyard.core.errors import SteelyardError
from steelyard.core.units import format_size
from steelyard.db.postgres import OLDEST, open_postgres, version_of
from steelyard.db.sqlite import is_affected_by_wal_reset, platform_note
from steelyard.http.settings import is_loopback
from steelyard.settings import Loaded, Settings, unknown_variables
from steelyard.storage.mounts import file_system
from steelyard.storage.probe import can_be_written, nearest, try_link

_HUB_SECONDS = 10.0
Level = Literal["ok", "warning", "error"]
_NETWORK_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``remedy`` says what to do when it is not fine."""

    name: str
    level: Level
    detail: str
    remedy: str | None = None


def examine(loaded: Loaded, environ: Mapping[str, str], mounts: str) -> Iterator[Finding]:
    """Look at everything, one by one. ``mounts`` is the text of ``/proc/mounts``, or empty."""
    settings = loaded.settings
    yield _variables(environ)
    yield _access(settings)
    if settings.database_kind == "postgresql":
        yield _postgresql(settings)
    else:
        yield _sqlite()
        yield _home(settings.home, mounts)
    yield from _store(settings)
    yield _hub(settings)


def read_mounts(path: Path = Path("/proc/mounts")) -> str:
    """The mounted file systems, where the system tells."""
    return path.read_text() if path.exists() else ""


def _variables(environ: Mapping[str, str]) -> Finding:
    unknown = unknown_variables(environ)
    if unknown:
        return Finding(
            "settings", "warning", f"no setting is called {', '.join(unknown)}", "steelyard config lists them"
        )
    return Finding("settings", "ok", "every STEELYARD_ variable is known")


def _access(settings: Settings) -> Finding:
    server = settings.server
    if not server.is_open:
        return Finding("access", "ok", f"listens on {server.host}, and wants to know who asks")
    if is_loopback(server.host):
        return Finding("access", "ok", f"listens on {server.host}, for this machine alone")
    remedy = "--auth required lets in those who have an account"
    return Finding("access", "warning", f"whoever reaches {server.host} is an administrator", remedy)


def _sqlite() -> Finding:
    if is_affected_by_wal_reset():
        return Finding("sqlite", "warning", f"{platform_note()} has the WAL-reset bug", "pip install pysqlite3")
    return Finding("sqlite", "ok", platform_note())


def _postgresql(settings: Settings) -> Finding:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    try:
        database = open_postgres(url, isolation="READ COMMITTED")
    except SteelyardError as error:
        return Finding("postgresql", "error", error.detail, error.hint)
    major, name = version_of(database.writer)
    database.close()
    if major < OLDEST:
        return Finding("postgresql", "error", f"{name} is too old", f"Use PostgreSQL {OLDEST} or newer.")
    return Finding("postgresql", "ok", name)


def _home(home: Path, mounts: str) -> Finding:
    kind = file_system(home.expanduser().resolve(), mounts)
    if kind in _NETWORK_SYSTEMS:
        remedy = "Put STEELYARD_HOME on a local disk; the store may stay on the network."
        return Finding("home", "warning", f"{home} lies on {kind}, where SQLite is not safe", remedy)
    if not can_be_written(home.expanduser().resolve()):
        return Finding("home", "error", f"{home} cannot be written", "Choose another --home, or change its owner.")
    return Finding("home", "ok", _place(home))


def _store(settings: Settings) -> Iterator[Finding]:
    store = settings.store_path
    private = store / ".steelyard"
    remedy = "Choose another STEELYARD_STORE (--store), or change its owner."
    try:
        free = shutil.disk_usage(nearest(private)).free
    except OSError as error:
        yield Finding("store", "error", f"{store}: {error.strerror}", remedy)
        return
    if not can_be_written(private):
        yield Finding("store", "error", f"{store} cannot be written", remedy)
        return
    yield _room(store, free, settings.storage.keep_free)
    if settings.storage.symlinks:
        yield _tried("links", "the store takes symbolic links", lambda: try_link(nearest(private)))


def _room(store: Path, free: int, keep_free: int) -> Finding:
    detail = f"{_place(store)}, {format_size(free)} free"
    if free < keep_free:
        remedy = "Free some space, or have less kept free with STEELYARD_STORAGE__KEEP_FREE."
        return Finding("store", "warning", detail, remedy)
    return Finding("store", "ok", detail)


def _place(folder: Path) -> str:
    return f"{folder}" if folder.expanduser().exists() else f"{folder}, not there yet (a start makes it)"


def _hub(settings: Settings) -> Finding:
    endpoint, token = settings.huggingface.endpoint, settings.huggingface.token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    remedy = "Check HF_ENDPOINT, HF_TOKEN and the way out of this network."
    try:
        answer = httpx2.get(f"{endpoint}/api/whoami-v2", headers=headers, timeout=_HUB_SECONDS)
    except httpx2.HTTPError as error:
        return Finding("hub", "error", f"{endpoint} cannot be reached ({type(error).__name__})", remedy)
    if answer.status_code >= 500 or (token and answer.status_code != 200):
        return Finding("hub", "error", f"{endpoint} answers {answer.status_code}", remedy)
    known = "knows the token" if token else "answers; without HF_TOKEN gated models stay closed"
    return Finding("hub", "ok", f"{endpoint} {known}")


def _tried(name: str, detail: str, attempt: Callable[[], None]) -> Finding:
    try:
        attempt()
    except SteelyardError as error:
        return Finding(name, "error", error.detail, error.hint)
    except OSError as error:
        remedy = "Set HF_HUB_DISABLE_SYMLINKS=1: files are copied then."
        return Finding(name, "error", str(error.strerror), remedy)
    return Finding(name, "ok", detail)
