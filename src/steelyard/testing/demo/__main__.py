"""``python -m steelyard.testing.demo [--port P]``: a throw-away depot to look at, until Ctrl-C. Needs no network."""

import argparse
import signal
import socket
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from steelyard.testing.demo.people import ask_in_turn
from steelyard.testing.demo.shelf import stock
from steelyard.testing.hub import HubThread
from steelyard.testing.process import DepotFailed, DepotProcess

_LOOK_EVERY = 0.2  # seconds


_USUAL_PORT = 8420


def main() -> int:
    """Serve until Ctrl-C or SIGTERM, and leave nothing behind; returns the exit code."""
    options = _read_options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both end by unwinding, which removes the folder
    try:
        _show(_port(options.port), options.scale)
    except KeyboardInterrupt:
        _say("The demo has ended; its folder is gone.")
        return 0
    except DepotFailed as error:
        _say(f"The depot stopped. {error}")
        return 1
    return 0


def _show(port: int, scale: float) -> None:
    with TemporaryDirectory(prefix="steelyard-demo-") as name, HubThread() as hub:
        folder = Path(name)
        stock(hub, folder / "models", scale)
        with DepotProcess(folder / "home", hub.url, port=port) as depot:
            _say(f"The demo depot is at {depot.url}/ until Ctrl-C. Everything in it is made up.")
            ask_in_turn(depot.url, _say)
            while depot.running:
                time.sleep(_LOOK_EVERY)
        raise DepotFailed(f"Its log ends so:\n{depot.log.read_text(errors='replace')[-2000:]}")


def _port(wanted: int | None) -> int:
    """What was asked for; else the usual port, or a free one when somebody has that."""
    if wanted is not None:
        return wanted
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", _USUAL_PORT)) == 0 else _USUAL_PORT


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m steelyard.testing.demo", description=__doc__)
    parser.add_argument("--port", type=int, help="8420 unless said or taken; 0 takes a free one")
    parser.add_argument("--scale", type=float, default=1.0, help="makes the models larger or smaller")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
