"""A load that hangs, and one that takes its time."""

import asyncio
from collections.abc import Sequence

import pytest

from steelyard.engines.errors import CannotLoad
from steelyard.engines.stillness import unless_still
from steelyard.testing.clock import eventually


class Process:
    """Grows by so many bytes, and writes so many lines, whenever somebody looks."""

    def __init__(self, growth: int = 0, lines: int = 0, looks: int = 10**6) -> None:
        self.growth, self.lines, self.looks, self.seen = growth, lines, looks, 0

    def memory_bytes(self) -> int:
        self.seen += 1
        return 100 + self.growth * min(self.seen, self.looks)

    def last_lines(self) -> Sequence[str]:
        return [f"line {self.lines * min(self.seen, self.looks)}"]


async def loading(until: asyncio.Event) -> str:
    await until.wait()
    return "loaded"


@pytest.mark.parametrize("process", [Process(growth=2**20), Process(lines=1)])
async def test_one_that_reads_or_writes_may_take_its_time(process: Process) -> None:
    until = asyncio.Event()
    work = asyncio.create_task(unless_still(process, loading(until), "a", longest=0.02, look=0.005))
    await eventually(lambda: process.seen >= 20)
    until.set()
    assert await work == "loaded"


@pytest.mark.parametrize("process", [Process(), Process(growth=1000), Process(growth=2**20, lines=1, looks=5)])
async def test_one_that_does_neither_is_given_up(process: Process) -> None:
    with pytest.raises(CannotLoad, match="Loading a came to a standstill"):
        await unless_still(process, loading(asyncio.Event()), "a", longest=0.02, look=0.005)


async def test_what_the_work_raises_is_raised() -> None:
    async def failing() -> None:
        raise ValueError("a reason")

    with pytest.raises(ValueError, match="a reason"):
        await unless_still(Process(), failing(), "a")
