"""A throw-away depot that has been used for a while, until it is stopped."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from steelyard.app import build
from steelyard.demo.filling import Filled, fill
from steelyard.server import serve
from steelyard.settings import Settings, load

USUAL_PORT = 8420


def show(port: int | None, days: int, seed: int, say: Callable[[str], None]) -> None:
    """Make the days up, serve them until Ctrl-C or SIGTERM, and leave nothing behind. Raises what ``serve`` raises.

    No variable of the environment counts: what is made up must never reach a real database.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both end by unwinding, which removes the folder
    with suppress(KeyboardInterrupt), TemporaryDirectory(prefix="steelyard-demo-") as name:
        settings = settings_of(Path(name), _free_port(port))
        say(f"Making up {days} days …")
        say(_announcement(settings, _filled(settings, days, seed)))
        serve(settings)
    say("The demo has ended; its folder is gone.")


def settings_of(folder: Path, port: int) -> Settings:
    """An open depot below ``folder`` that says of itself that it is made up. The store has no bytes that a scan could
    find, so none is made."""
    options = {
        "home": folder, "server.port": port, "server.auth": "open", "care.scan_hours": 0, "demo": True,
    }  # fmt: skip
    return load({}, options).settings


def _filled(settings: Settings, days: int, seed: int) -> Filled:
    logging.disable(logging.INFO)  # the depot that is filled is not the one that listens
    try:
        return asyncio.run(fill(build(settings), days, seed))
    finally:
        logging.disable(logging.NOTSET)
        gc.collect()


def _announcement(settings: Settings, filled: Filled) -> str:
    address = f"http://{settings.server.host}:{settings.server.port}/"
    return (
        f"The demo depot is at {address} until Ctrl-C. Everything in it is made up: {filled.days} days, "
        f"{filled.models} models, {filled.people} people, {filled.events} events."
    )


def _free_port(wanted: int | None) -> int:
    """What was asked for; the usual port or, where somebody has that, as for 0, a free one."""
    if wanted:
        return wanted
    with socket.socket() as probe:
        if wanted is None and probe.connect_ex(("127.0.0.1", USUAL_PORT)) != 0:
            return USUAL_PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
