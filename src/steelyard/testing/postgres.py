"""A PostgreSQL for tests: a cluster in a temporary folder, reached through a Unix socket, gone when its user is.

A guard process holds the cluster: when the pipe to it closes, because the tests ended in whatever way, kill -9
included, it stops the server and removes the folder.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from types import TracebackType

import psycopg

from steelyard.testing.postgres_binaries import PostgresFailed, find_binaries, unprivileged

_START_WITHIN = 15.0  # seconds
_STOP_WITHIN = 10.0
_LOOK_EVERY = 0.01
_USER = "steelyard"
_LOG_END = 2000  # characters of the server's log that an error carries
_MEMORY = Path("/dev/shm")  # noqa: S108 - a new database takes 12 ms there and 20 to 250 ms on a journaling disk
_ROOM = 2 << 30  # bytes that must be free there: containers often have 64 MiB
# A killed server is to be survived, a machine without power is not. And servers of other people live in any time zone.
_SETTINGS = {
    "listen_addresses": "", "max_connections": "300", "fsync": "off",
    "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off", "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # in the folder, which is removed; the default leaves files when killed
    "TimeZone": "Asia/Kolkata", "log_line_prefix": "%m [%p] %d ",
}  # fmt: skip
# "$1" is what to remove; the rest is the server. A line on stdin keeps the folder, for another start.
_GUARD = 'folder=$1; shift; "$@" & read -r word; kill -QUIT $! 2>/dev/null; wait $!; [ "$word" ] || rm -rf "$folder"'


class PostgresCluster:
    """``with PostgresCluster() as cluster:`` runs one; ``cluster.url(name)`` is the address of a database in it.

    Everybody who reaches the socket is let in; its folder is closed to other users.
    """

    def __init__(self, binaries: Path | None = None) -> None:
        self._binaries = binaries or find_binaries()
        self._identity = unprivileged()
        self._guard: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self.folder = Path(tempfile.mkdtemp(prefix="steelyard-pg-", dir=_roomy_memory()))

    def __enter__(self) -> "PostgresCluster":
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def url(self, database: str = "postgres") -> str:
        """The address of a database, as DATABASE_URL takes it."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """A new database, equal to ``template``, to which nobody may be connected; returns its name."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half of what WAL_LOG takes
        return name

    def drop(self, name: str) -> None:
        """Remove a database and throw out whoever is still connected."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a new database, which is removed in the end."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def start(self) -> None:
        """Begin to answer; returns once it does. Raises PostgresFailed."""
        settings = [item for name, value in _SETTINGS.items() for item in ("-c", f"{name}={value}")]
        server = [str(self._binaries / "postgres"), "-D", str(self._data), "-k", str(self.folder), *settings]
        with self._log.open("ab") as log:
            self._guard = subprocess.Popen(  # noqa: S603 - the programs that were found
                ["/bin/sh", "-c", _GUARD, "guard", str(self.folder), *server], cwd=self.folder, env=_environment(),
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True, user=self._identity.user,
                group=self._identity.group, extra_groups=self._identity.extra_groups,
            )  # fmt: skip
        self._await()

    def stop(self) -> None:
        """Crash: no goodbye to anybody who is connected; what was committed is there after another start."""
        self._end(b"keep\n")

    def signal(self, number: int) -> None:
        """Send a signal to every process of the server; SIGSTOP lets it hang, SIGCONT go on."""
        first = int((self._data / "postmaster.pid").read_text().partition("\n")[0])
        for process in (first, *_children(first)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It neither answers nor breaks off within the block."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop for good and remove the folder."""
        self._end(b"")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    def _initialise(self) -> None:
        self._log.touch()
        self._identity.own(self.folder)
        self._identity.own(self._log)
        made = subprocess.run(  # noqa: S603 - the programs that were found
            [self._binaries / "initdb", "-D", self._data, "-U", _USER, "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--no-sync"],
            cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, user=self._identity.user, group=self._identity.group,
            extra_groups=self._identity.extra_groups,
        )  # fmt: skip
        if made.returncode:
            raise PostgresFailed(f"initdb of {self._binaries} failed:\n{made.stdout.decode()[-_LOG_END:]}")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _await(self) -> None:
        give_up = time.monotonic() + _START_WITHIN
        while True:
            try:
                return psycopg.connect(self.url()).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > give_up:
                    tail = self._log.read_text(errors="replace")[-_LOG_END:]
                    raise PostgresFailed(f"The server of {self._binaries} does not answer:\n{tail}") from error
            time.sleep(_LOOK_EVERY)

    def _end(self, word: bytes) -> None:
        guard, self._guard = self._guard, None
        if guard is None:
            return
        try:
            guard.communicate(word, _STOP_WITHIN)
        except subprocess.TimeoutExpired as error:
            os.killpg(guard.pid, signal.SIGKILL)
            guard.wait()
            raise PostgresFailed(f"The server did not stop within {_STOP_WITHIN:.0f} s.") from error


def _children(process: int) -> list[int]:
    """Its own, of which each has a session of its own and is reached by no signal to a group."""
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _roomy_memory() -> Path | None:
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
