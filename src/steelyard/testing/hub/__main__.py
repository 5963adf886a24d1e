"""``python -m steelyard.testing.hub --root DIR --port P``: serve a folder of repositories until SIGTERM."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from steelyard.testing.hub.server import StandInHub


async def serve(root: Path, port: int) -> None:
    """Serve, say so in one line, and stop at SIGTERM or SIGINT."""
    hub = StandInHub(port=port)
    hub.add_folder(root)
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    async with hub:
        sys.stdout.write(f"hub ready {hub.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m steelyard.testing.hub", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="a folder with ORG/NAME/FILES or NAME/FILES in it")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.root, arguments.port))
    except FileNotFoundError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
