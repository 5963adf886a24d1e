"""Blocking calls of a library that cannot be cancelled, kept from holding up the end of the process.

The threads of an executor are joined when Python exits, so one hub that hangs would keep Ctrl-C waiting; daemon threads
are not. One thread a call: metadata is asked for rarely.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T], deadline: float) -> T:
    """Run ``work`` and await it for at most ``deadline`` seconds. Raises TimeoutError, and what ``work`` raises."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(outcome: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop may close between any check and the call
            loop.call_soon_threadsafe(lambda: None if answer.done() else outcome())

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            failure = error
            settle(lambda: answer.set_exception(failure))
        else:
            settle(lambda: answer.set_result(result))

    threading.Thread(target=run, name="hub", daemon=True).start()
    async with asyncio.timeout(deadline):
        return await answer
