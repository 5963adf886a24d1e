"""Calls that nobody can cancel: their answers come, and their hanging holds up nobody."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from steelyard.sources.threads import in_daemon_thread

SOON = 0.02
PATIENCE = 30.0
HANGS = """
import asyncio, threading
from steelyard.sources.threads import in_daemon_thread

async def main():
    try:
        await in_daemon_thread(threading.Event().wait, 0.05)
    except TimeoutError:
        print("gave up")

asyncio.run(main())
"""


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Whoever waits for it goes on after the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


async def test_an_answer_comes_back() -> None:
    assert await in_daemon_thread(lambda: 7, PATIENCE) == 7


async def test_an_error_comes_back_as_it_is() -> None:
    def work() -> None:
        raise KeyError("sha")

    with pytest.raises(KeyError, match="sha"):
        await in_daemon_thread(work, PATIENCE)


async def test_the_loop_goes_on_meanwhile(release: threading.Event) -> None:
    asking = asyncio.create_task(in_daemon_thread(release.wait, PATIENCE))
    await asyncio.sleep(0)
    assert not asking.done()
    release.set()
    assert await asking


async def test_what_hangs_is_given_up(release: threading.Event) -> None:
    with pytest.raises(TimeoutError):
        await in_daemon_thread(release.wait, SOON)


async def test_a_cancelled_question_ends_at_once(release: threading.Event) -> None:
    asking = asyncio.create_task(in_daemon_thread(release.wait, PATIENCE))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not release.is_set()


async def test_an_answer_that_comes_too_late_disturbs_nobody(release: threading.Event) -> None:
    accidents: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: accidents.append(context))
    with pytest.raises(TimeoutError):
        await in_daemon_thread(release.wait, SOON)
    release.set()
    await asyncio.sleep(SOON)
    assert accidents == []


async def test_its_thread_holds_no_process_up() -> None:
    assert await in_daemon_thread(lambda: threading.current_thread().daemon, PATIENCE)


def test_a_process_ends_while_a_question_hangs() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "gave up", "")
