"""``python -m bench.file_server FILE``: one stored file, answered and served as the depot does; prints its port."""

import os
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from steelyard.http.pour import FileAnswer, file_threads
from steelyard.http.zerocopy import reading_in


def main() -> None:
    """Serve until a signal comes."""
    path = Path(sys.argv[1])
    size = path.stat().st_size
    with file_threads() as threads, socket.create_server(("127.0.0.1", 0)) as listener:

        async def answer(_request: Request) -> Response:
            return FileAnswer(path, size=size, etag='"bench"', executor=threads)

        app = Starlette(routes=[Route("/{name}", answer)])
        config = uvicorn.Config(
            app, loop="uvloop", http=reading_in(threads), ws="none", lifespan="off", log_config=None, access_log=False
        )
        print(listener.getsockname()[1], os.getpid(), flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
