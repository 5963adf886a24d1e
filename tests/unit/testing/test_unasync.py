"""The synchronous SDK is the asynchronous one without its waiting words."""

from pathlib import Path

import pytest

import steelyard.client
from steelyard.testing.unasync import synchronous, twins

PACKAGE = Path(steelyard.client.__file__).parent
TWINS = twins(PACKAGE)


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.name)
def test_the_committed_twin_is_fresh(path: Path) -> None:
    assert path.read_text() == TWINS[path], "make sdk"


@pytest.mark.parametrize(
    ("source", "twin"),
    [
        ("async def f() -> None:\n    await g()\n", "def f() -> None:\n    g()\n"),
        ("async with a as b, c:\n    pass\n", "with a as b, c:\n    pass\n"),
        ("f: Callable[[int], Awaitable[list[int]]]\n", "f: Callable[[int], list[int]]\n"),
        ("from x import Awaitable, Callable\n", "from x import Callable\n"),
        ('"""Nothing to await here."""\n', '"""Nothing to await here."""\n'),
        ("from steelyard.client.aio.wire import Wire\n", "from steelyard.client.wire import Wire\n"),
        ("def g() -> AsyncIterator[int]: ...\n", "def g() -> Iterator[int]: ...\n"),
    ],
)
def test_what_becomes_of_the_waiting_words(source: str, twin: str) -> None:
    assert synchronous(source) == twin
