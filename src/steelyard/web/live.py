"""The page's stream: Server-Sent Events (HTML standard, section 9.2) whose data are htmx partials."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from markupsafe import Markup

from steelyard.core.errors import SteelyardError
from steelyard.core.signals import Listener, Signals
from steelyard.http import sse

PAUSE = 0.5  # seconds between two messages: faster than that nobody reads, and each one reads the database
HEARTBEAT = 15.0  # seconds; below the 30 to 60 s after which proxies cut a silent answer
_NEWLINES = re.compile(r"\r\n|\r|\n")

Parts = Mapping[str, Markup]


def message(text: str) -> str:
    """One unnamed event. No line of the text can end the event or name a field."""
    return "".join(f"data: {line}\n" for line in _NEWLINES.split(text)) + "\n"


async def changes(signals: Signals, *, pause: float = PAUSE, heartbeat: float = HEARTBEAT) -> AsyncIterator[bool]:
    """When to look again: True at the start and after signals, False after a silence; ends when the process stops.

    At most one True per ``pause`` seconds; the signals in between are merged.
    """
    with signals.listen("job", "model", "engine") as listener:
        yield True
        while not signals.closing:
            heard = await _gather(listener, signals, pause)
            heard = heard or await listener.wait(heartbeat) is not None
            if not signals.closing:
                yield heard


async def _gather(listener: Listener, signals: Signals, seconds: float) -> bool:
    loop = asyncio.get_running_loop()
    end, heard = loop.time() + seconds, False
    while not signals.closing and (left := end - loop.time()) > 0:
        heard = await listener.wait(left) is not None or heard
    return listener.drain() or heard


async def stream(
    ticks: AsyncIterator[bool],
    read: Callable[[], Awaitable[Parts]],
    render: Callable[[Parts], str],
    trouble: Callable[[SteelyardError | None], Markup],
) -> AsyncIterator[str]:
    """Messages with the parts that differ from what was sent before, all of them first.

    After a silence a comment goes out, and then what has changed meanwhile: relative times, other processes' work.
    An error of the depot is shown in the page's ``trouble`` region and cleared by the next success.
    """
    sent: dict[str, Markup] = {}
    async for heard in ticks:
        if not heard:
            yield sse.HEARTBEAT
        try:
            parts = {**await read(), "trouble": trouble(None)}
        except SteelyardError as error:
            parts = {"trouble": trouble(error)}
        fresh = {name: html for name, html in parts.items() if sent.get(name) != html}
        if fresh:
            sent |= fresh
            yield message(render(fresh))
