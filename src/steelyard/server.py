"""The server process: address, access rules, signals, uvicorn."""

import gc
import logging
import signal
import socket
import sys
from concurrent.futures import Executor
from types import FrameType

import uvicorn

from steelyard.app import Depot, build, create_app
from steelyard.db.sqlite import is_affected_by_wal_reset, platform_note
from steelyard.http import logs
from steelyard.http.pour import file_threads
from steelyard.http.settings import ServerSettings, is_loopback
from steelyard.http.zerocopy import reading_in
from steelyard.settings import BadSettings, Settings

logger = logging.getLogger("steelyard")
_GRACE_SECONDS = 5
# As nginx has it. uvicorn's 5 begin when the kernel has the last bytes: whoever took megabytes of them slowly found the
# connection closed when asking for more.
_KEEP_ALIVE_SECONDS = 75
_YOUNG_OBJECTS = 20_000


class DepotServer(uvicorn.Server):
    """uvicorn, with streams told to end at the first sign of stopping: else they would hold the process open."""

    def __init__(self, config: uvicorn.Config, depot: Depot, address: str) -> None:
        super().__init__(config)
        self._depot = depot
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell how the first administrator is made, where people have to sign in."""
        await super().startup(sockets)
        if not self._depot.society.people.is_open and not self.should_exit:
            code = await self._depot.society.doors.setup.first_run()
            if code is not None:
                logger.warning("NO ADMINISTRATOR YET: make the first one at %s/setup?code=%s", self._address, code)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGINT or SIGTERM came."""
        logger.info("stopping", extra={"signal": signal.Signals(sig).name})
        self._depot.signals.close()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> None:
    """Serve until a signal comes. Raises BadSettings, DatabaseInUse, DatabaseRefused, SchemaTooNew."""
    logs.configure(settings.server)
    require_serving(settings)
    depot = built(settings)
    with file_threads() as readers:
        config = _configuration(depot, readers)
        _spare_the_garbage_collector()
        listener = listen(settings.server)
        _announce(settings, listener)
        DepotServer(config, depot, settings.server.public_url or _address(listener)).run(sockets=[listener])


def _configuration(depot: Depot, readers: Executor) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(depot),
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=reading_in(readers),
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the guards read forwarding headers, and only from trusted proxies
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def require_serving(settings: Settings) -> None:
    """A server answers; what only works is another command. Raises BadSettings."""
    if "api" not in settings.roles:
        raise BadSettings("This process has no role that serves.", hint="Run 'steelyard worker', or add the role api.")
    if "worker" not in settings.roles and settings.database_kind == "sqlite":
        raise BadSettings(
            "On SQLite one process does everything, and nobody else could work on the jobs.",
            hint="Leave STEELYARD_ROLES unset, or set DATABASE_URL=postgresql://… for several processes.",
        )


def built(settings: Settings) -> Depot:
    """The depot, wired. Raises BadSettings where a folder cannot be used, and what app.build raises."""
    try:
        return build(settings)
    except OSError as error:
        where = error.filename or settings.home
        raise BadSettings(
            f"Cannot use {where}: {error.strerror or error}.",
            hint="Choose another --home and --store, or make the folder writable for this user.",
        ) from error


def listen(server: ServerSettings) -> socket.socket:
    """Take the address, so that what is announced is true. Raises BadSettings."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
    except OSError as error:
        listener.close()
        raise BadSettings(
            f"Cannot listen on {server.host}:{server.port}: {error.strerror}.", hint="Choose another --port or --host."
        ) from error
    listener.listen(1024)  # uvicorn does the rest; clients that come meanwhile wait in line
    return listener


def _spare_the_garbage_collector() -> None:
    """What a start has made stays to the end: looking through it again held up answers for 100 ms.

    A page of models makes 5,000 objects and leaves no cycles: looking after every 700 took a twentieth of its time.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
    gc.enable()  # `steelyard serve` has none of it before


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(settings: Settings, listener: socket.socket) -> None:
    address = _address(listener)
    where = {"url": address, "home": str(settings.home), "store": str(settings.store_path)}
    if settings.database_kind == "postgresql":  # its address holds a password, and is said nowhere
        where |= {"database": "postgresql", "roles": ",".join(settings.roles)}
    if settings.server.public_url:
        where["public_url"] = settings.server.public_url
    logger.info("Steelyard listens", extra=where)
    reachable = not is_loopback(settings.server.host) or settings.server.public_url or settings.server.trusted_proxies
    if settings.server.is_open and reachable:
        logger.warning("OPEN TO EVERYBODY: whoever reaches %s is an administrator here", address)
    if settings.database_kind == "sqlite" and is_affected_by_wal_reset():
        logger.warning("%s has a known WAL bug; pip install pysqlite3 brings a newer one", platform_note())
