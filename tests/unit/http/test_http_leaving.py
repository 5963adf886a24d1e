"""Who is told that a client leaves."""

import asyncio
import threading

from starlette.types import Receive, Scope, Send

from steelyard.http.leaving import LEAVING, Leaving
from steelyard.http.zerocopy import ZeroCopyProtocol
from tests.unit.http.serving import PATIENCE, served


def leaving() -> tuple[Leaving, list[str]]:
    told: list[str] = []
    return Leaving(lambda: told.append("read on")), told


async def test_it_tells_once_and_spares_who_asked() -> None:
    found, told = leaving()
    found.tell(one := lambda: told.append("one"))
    found.tell(lambda: told.append("two"))
    found.spare(one)
    found.spare(one)
    found.left()
    found.left()
    assert told == ["read on", "read on", "two"]


async def test_who_asks_too_late_is_told_soon() -> None:
    found, told = leaving()
    found.left()
    found.tell(lambda: told.append("late"))
    assert told == []
    await asyncio.sleep(0)
    assert told == ["late"]


def test_our_server_tells_of_a_client_that_hangs_up_behind_a_large_body() -> None:
    """Reading pauses while a body waits to be taken, and a connection that is not read has no end."""
    asked, gone = threading.Event(), threading.Event()

    async def app(scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["more_body"]:
            pass
        left = asyncio.Event()
        scope["state"][LEAVING].tell(left.set)
        asked.set()
        await left.wait()
        gone.set()

    with served(app, ZeroCopyProtocol) as server, server.connect() as peer:
        body = b"x" * 300_000
        peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert asked.wait(PATIENCE)
        assert not gone.is_set()
        peer.close()
        assert gone.wait(PATIENCE)
