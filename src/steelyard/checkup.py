"""What ``steelyard doctor`` looks at: the things that go wrong on real machines, each with its remedy."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx2

from steelyard.core.errors import SteelyardError
from steelyard.core.units import format_size
from steelyard.db.postgres import OLDEST, open_postgres, version_of
from steelyard.db.sqlite import is_affected_by_wal_reset, platform_note
from steelyard.server import require_access_rule
from steelyard.settings import Loaded, Settings, unknown_variables
from steelyard.storage.disk import DiskStorage

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


def file_system(path: Path, mounts: str) -> str | None:
    """The kind of file system a path lies on, from the text of ``/proc/mounts``."""
    rows = [line.split() for line in mounts.splitlines()]
    holding = [(row[1], row[2]) for row in rows if len(row) > 2 and path.is_relative_to(row[1])]
    return max(holding, key=lambda pair: len(pair[0]))[1] if holding else None


def _variables(environ: Mapping[str, str]) -> Finding:
    unknown = unknown_variables(environ)
    if unknown:
        return Finding(
            "settings", "warning", f"no setting is called {', '.join(unknown)}", "steelyard config lists them"
        )
    return Finding("settings", "ok", "every STEELYARD_ variable is known")


def _access(settings: Settings) -> Finding:
    return _tried("access", f"listens on {settings.server.host}", lambda: require_access_rule(settings.server))


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
    nearest = next(folder for folder in (home.expanduser().resolve(), *home.resolve().parents) if folder.exists())
    if not os.access(nearest, os.W_OK) or not nearest.is_dir():
        return Finding("home", "error", f"{home} cannot be written", "Choose another --home, or change its owner.")
    return Finding("home", "ok", str(home))


def _store(settings: Settings) -> Iterator[Finding]:
    try:
        storage = DiskStorage(settings.store_path, symlinks=settings.storage.symlinks)
        free = storage.free_bytes()
    except OSError as error:
        yield Finding("store", "error", f"{settings.store_path}: {error.strerror}", "Choose another STEELYARD_STORE.")
        return
    level: Level = "warning" if free < settings.storage.keep_free else "ok"
    yield Finding("store", level, f"{settings.store_path}, {format_size(free)} free", "Free some space.")
    if settings.storage.symlinks:
        yield _tried("links", "the store takes symbolic links", lambda: _try_link(settings.store_path))


def _try_link(store: Path) -> None:
    probe = store / ".steelyard" / f"link-probe-{os.getpid()}"
    try:
        probe.symlink_to("nowhere")
    finally:
        probe.unlink(missing_ok=True)


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
