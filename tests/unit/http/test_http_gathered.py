"""What is written together goes out together, in its order, and nothing is lost at the end."""

import asyncio
from typing import Any

from steelyard.http.gathered import GatheredTransport


class Writes(asyncio.Transport):
    """Keeps each write by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.end: str | None = None

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.end = "closed"

    def abort(self) -> None:
        self.end = "aborted"

    def is_closing(self) -> bool:
        return self.end is not None

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.writes))


async def test_writes_of_one_pass_are_one() -> None:
    inner = Writes()
    transport = GatheredTransport(inner)
    transport.write(b"head ")
    transport.write(b"body")
    assert inner.writes == []
    await asyncio.sleep(0)
    assert inner.writes == [b"head body"]
    transport.writelines([b"n", b"ext"])
    await asyncio.sleep(0)
    assert inner.writes == [b"head body", b"next"]


async def test_much_goes_out_at_once_behind_what_was_held() -> None:
    inner = Writes()
    transport = GatheredTransport(inner)
    transport.write(b"head ")
    transport.write(b"x" * 100_000)
    assert [len(data) for data in inner.writes] == [100_005]
    await asyncio.sleep(0)
    assert len(inner.writes) == 1


async def test_whoever_closes_has_written_all() -> None:
    inner = Writes()
    transport = GatheredTransport(inner)
    transport.write(b"last words")
    transport.close()
    await asyncio.sleep(0)
    assert (inner.writes, inner.end, transport.is_closing()) == ([b"last words"], "closed", True)


async def test_whoever_aborts_has_not() -> None:
    inner = Writes()
    transport = GatheredTransport(inner)
    transport.write(b"never")
    transport.abort()
    await asyncio.sleep(0)
    assert (inner.writes, inner.end) == ([], "aborted")


async def test_what_is_held_counts_as_written() -> None:
    transport = GatheredTransport(Writes())
    transport.write(b"four")
    assert transport.get_write_buffer_size() == 4
