"""Who is woken when a blob comes in."""

import asyncio

from steelyard.core.digest import Digest
from steelyard.downloads.arrivals import Arrivals
from steelyard.jobs.models import JobFault

ONE, OTHER = Digest("sha256", "a" * 64), Digest("sha256", "b" * 64)
FAULT = JobFault("upstream-unavailable", "The hub is away.", None)
LONG = 60.0


async def test_all_readers_of_a_blob_are_woken_and_no_others() -> None:
    arrivals = Arrivals()
    with arrivals.reading(ONE) as first, arrivals.reading(ONE) as second, arrivals.reading(OTHER) as third:
        waits = [asyncio.create_task(reader.wait(LONG)) for reader in (first, second, third)]
        await asyncio.sleep(0)
        arrivals.moved(ONE)
        await asyncio.gather(*waits[:2])
        assert not waits[2].done()
        waits[2].cancel()


async def test_what_moved_before_one_waits_is_not_missed() -> None:
    arrivals = Arrivals()
    with arrivals.reading(ONE) as reader:
        arrivals.moved(ONE)
        await reader.wait(LONG)


async def test_each_move_wakes_once() -> None:
    arrivals = Arrivals()
    with arrivals.reading(ONE) as reader:
        arrivals.moved(ONE)
        arrivals.moved(ONE)
        await reader.wait(LONG)
        wait = asyncio.create_task(reader.wait(LONG))
        await asyncio.sleep(0)
        assert not wait.done()
        wait.cancel()


async def test_nobody_waits_for_ever() -> None:
    with Arrivals().reading(ONE) as reader:
        await reader.wait(0.001)


async def test_trouble_is_told_until_something_moves() -> None:
    arrivals = Arrivals()
    with arrivals.reading(ONE) as reader:
        arrivals.troubled(ONE, FAULT)
        await reader.wait(LONG)
        with arrivals.reading(ONE) as later:
            assert [one.trouble for one in (reader, later)] == [FAULT] * 2
            arrivals.moved(ONE)
            assert [one.trouble for one in (reader, later)] == [None] * 2


async def test_a_right_hash_is_told_of_one_file_until_another_comes() -> None:
    arrivals = Arrivals()
    with arrivals.reading(ONE) as reader:
        assert not reader.is_right(7)
        arrivals.verified(ONE, 7)
        await reader.wait(LONG)
        assert (reader.is_right(7), reader.is_right(8)) == (True, False)
        arrivals.moved(ONE)
        assert not reader.is_right(7)


async def test_trouble_is_told_to_those_who_come_later_until_it_is_over() -> None:
    arrivals = Arrivals()
    arrivals.troubled(ONE, FAULT)
    for _ in range(2):
        with arrivals.reading(ONE) as reader:
            assert reader.trouble is FAULT
    with arrivals.reading(OTHER) as reader:
        assert reader.trouble is None
    arrivals.moved(ONE)
    with arrivals.reading(ONE) as reader:
        assert reader.trouble is None


async def test_which_file_is_right_is_told_until_something_else_is() -> None:
    arrivals = Arrivals()
    arrivals.verified(ONE, 7)
    with arrivals.reading(ONE) as reader:
        assert not reader.is_right(7)
        arrivals.verified(ONE, 7)
        await reader.wait(LONG)
        assert [reader.is_right(inode) for inode in (7, 8)] == [True, False]
        arrivals.moved(ONE)
        assert not reader.is_right(7)
