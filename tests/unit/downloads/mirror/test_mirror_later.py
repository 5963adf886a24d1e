"""What could not be written down is written down later, once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from steelyard.core.threads import ended
from steelyard.db.errors import DatabaseAway
from steelyard.downloads.mirror.errors import no_file
from steelyard.downloads.mirror.later import Later
from steelyard.testing.clock import eventually


class Book:
    """Where it is written; ``away`` says whether it can be."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tries = 0
        self.away = True

    async def write(self, line: str) -> None:
        self.tries += 1
        if self.away:
            raise DatabaseAway("gone fishing")
        if line == "wrong":
            raise no_file("a", "b")
        if line == "broken":
            raise ValueError("nobody thought of this")
        self.lines.append(line)


@pytest.fixture
async def later() -> AsyncIterator[Later]:
    """It tries again without a pause."""
    later = Later(pause=0)
    running = asyncio.create_task(later.run())
    yield later
    running.cancel()
    await ended([running])


async def test_it_is_done_when_the_database_is_back_and_the_same_once(later: Later) -> None:
    book = Book()
    for line in ("a", "b", "a"):
        later.put(line, lambda line=line: book.write(line))  # type: ignore[misc]
    await eventually(lambda: book.tries > 3)
    assert (book.lines, len(later)) == ([], 2)
    book.away = False
    await eventually(lambda: not len(later))
    assert book.lines == ["a", "b"]


async def test_what_is_refused_then_holds_nothing_up(later: Later) -> None:
    book = Book()
    book.away = False
    for line in ("wrong", "broken", "b"):
        later.put(line, lambda line=line: book.write(line))  # type: ignore[misc]
    await eventually(lambda: not len(later))
    assert book.lines == ["b"]
