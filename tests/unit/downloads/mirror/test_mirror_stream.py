"""Reading a file that comes in: what is given out before its hash is right, and what when it turns out to be wrong."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from steelyard.catalog.models import File, FileState
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.mirror.errors import FetchStopped, Torn
from steelyard.downloads.mirror.stream import HELD_BACK, Incoming, Span
from steelyard.jobs.models import JobFault
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.source import digest_of

SIZE = HELD_BACK + 1000
CONTENT = bytes(index * 7 % 251 for index in range(SIZE))
FILE = File("weights.bin", SIZE, digest_of(CONTENT), FileState.LISTED)
SMALL = File("config.json", 100, digest_of(CONTENT[:100]), FileState.LISTED)
FAULT = JobFault("upstream-unavailable", "The hub is away.", "Wait.")


class Fetch:
    """A fetch by hand: it writes the part file, and what it says of the end is what ``check`` raises."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.part = folder / "part"
        self.place = folder / "blob"
        self.arrivals = Arrivals()
        self.checks = 0
        self.ends_with: Exception | None = None
        self.closed_part = False
        self._clock = clock
        self._streams: list[Incoming] = []

    def reader(self, file: File = FILE, *, reads_part: bool = True) -> Incoming:
        """One more reader."""
        part = self.part if reads_part else None
        stream = Incoming(file, part, self._published, self._check, self._clock)
        self._streams.append(stream)
        return stream

    def write(self, count: int, content: bytes = CONTENT, *, quietly: bool = False) -> None:
        """So many bytes are here now; ``quietly``: another process writes them."""
        with self.part.open("ab") as part:
            part.write(content[part.tell() : count])
        if not quietly:
            self.arrivals.moved(FILE.digest)

    def publish(self, mode: int = 0o444) -> None:
        """The hash is right."""
        self.part.chmod(mode)
        self.part.replace(self.place)
        self.arrivals.moved(FILE.digest)

    def discard(self) -> None:
        """The hash is wrong."""
        self.part.unlink()
        self.arrivals.moved(FILE.digest)

    def close(self) -> None:
        """Let every reader go."""
        for stream in self._streams:
            stream.close()

    async def _published(self) -> Path | None:
        return self.place if self.place.exists() else None

    async def _check(self) -> None:
        self.checks += 1
        if self.ends_with is not None:
            raise self.ends_with


class Read:
    """A reader at work: what it was given until now."""

    def __init__(self, spans: AsyncGenerator[Span, None]) -> None:
        self.taken = b""
        self._spans = spans
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> bytes:
        async with aclosing(self._spans):
            async for span in self._spans:
                self.taken += os.pread(span.descriptor, span.stop - span.start, span.start)
        return self.taken


@pytest.fixture
def fetch(tmp_path: Path, clock: HandClock) -> Iterator[Fetch]:
    """A fetch that has not begun."""
    fetch = Fetch(tmp_path, clock)
    yield fetch
    fetch.close()


@pytest.fixture
async def reading(fetch: Fetch) -> AsyncIterator["Begin"]:
    """``reading(start, stop)`` begins to read; whoever still reads at the end is stopped."""
    begin = Begin(fetch)
    yield begin
    for read in begin.reads:
        read.task.cancel()
    await asyncio.gather(*(read.task for read in begin.reads), return_exceptions=True)


class Begin:
    """Begins to read."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.reads: list[Read] = []

    def __call__(self, start: int = 0, stop: int | None = None, *, file: File = FILE, reads_part: bool = True) -> Read:
        stream = self._fetch.reader(file, reads_part=reads_part)
        read = Read(stream.spans(start, file.size if stop is None else stop, self._fetch.arrivals))
        self.reads.append(read)
        return read


async def got(read: Read, count: int) -> bytes:
    """What it was given, once it is so much."""
    await eventually(lambda: len(read.taken) >= count)
    return read.taken


async def settled(fetch: Fetch, clock: HandClock) -> None:
    """Every reader has looked a few times, and asked whether somebody brings it."""
    seen = fetch.checks

    def has_looked() -> bool:
        clock.forward(seconds=0.6)
        fetch.arrivals.moved(FILE.digest)
        return fetch.checks >= seen + 2

    await eventually(has_looked)


async def test_a_reader_follows_the_file_as_it_grows(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    for count in (10, 300, 1000):
        fetch.write(count)
        assert await got(read, count) == CONTENT[:count]
    fetch.write(SIZE)
    fetch.publish()
    assert await read.task == CONTENT


async def test_the_last_chunk_is_held_back_until_the_hash_is_right(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    fetch.write(SIZE)
    await got(read, SIZE - HELD_BACK)
    await settled(fetch, clock)
    assert read.taken == CONTENT[: SIZE - HELD_BACK]
    fetch.publish()
    assert await read.task == CONTENT


async def test_the_last_chunk_does_not_wait_for_the_disk(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    fetch.write(SIZE)
    await got(read, SIZE - HELD_BACK)
    fetch.arrivals.verified(FILE.digest, fetch.part.stat().st_ino)
    assert await read.task == CONTENT


async def test_that_another_file_is_right_says_nothing_about_the_one_that_is_read(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    fetch.write(SIZE)
    await got(read, SIZE - HELD_BACK)
    fetch.arrivals.verified(FILE.digest, fetch.part.stat().st_ino + 1)
    for _ in range(10):
        await asyncio.sleep(0)
    assert read.taken == CONTENT[: SIZE - HELD_BACK]


async def test_nothing_of_a_small_file_is_given_out_before_its_hash_is_right(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading(file=SMALL)
    fetch.write(SMALL.size)
    await settled(fetch, clock)
    assert read.taken == b""
    fetch.publish()
    assert await read.task == CONTENT[:100]


async def test_a_part_that_lies_before_the_held_back_end_needs_no_hash(fetch: Fetch, reading: Begin) -> None:
    fetch.write(900)
    assert await reading(100, 800).task == CONTENT[100:800]


@pytest.mark.parametrize("start", [0, 1, 999, 1001, SIZE - 1])
async def test_readers_begin_anywhere(fetch: Fetch, reading: Begin, start: int) -> None:
    fetch.write(500)
    read = reading(start)
    fetch.write(SIZE)
    fetch.publish()
    assert await read.task == CONTENT[start:]


async def test_a_part_ends_where_it_ends(fetch: Fetch, reading: Begin) -> None:
    fetch.write(SIZE)
    fetch.publish()
    assert await reading(SIZE - 10, SIZE - 3).task == CONTENT[-10:-3]


async def test_many_readers_at_many_places(fetch: Fetch, reading: Begin) -> None:
    reads = [reading(start) for start in range(0, SIZE, SIZE // 20)]
    for count in (200, 400, 900, SIZE):
        fetch.write(count)
        await asyncio.sleep(0)
    fetch.publish()
    assert [await read.task for read in reads] == [CONTENT[start:] for start in range(0, SIZE, SIZE // 20)]


async def test_one_that_stops_reading_holds_up_nobody(fetch: Fetch, reading: Begin) -> None:
    stream = fetch.reader()
    slow = stream.spans(0, SIZE, fetch.arrivals)
    fetch.write(100)
    first = await anext(slow)
    fetch.write(SIZE)
    fetch.publish()
    assert await reading().task == CONTENT
    rest = [(span.start, span.stop) async for span in slow]
    assert (first.stop, rest) == (100, [(100, SIZE)])


async def test_a_wrong_file_ends_whoever_was_given_bytes_of_it(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    fetch.write(500, b"x" * SIZE)
    await got(read, 500)
    fetch.discard()
    with pytest.raises(Torn):
        await read.task


async def test_whoever_was_given_none_of_it_begins_with_the_new_file(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading(file=SMALL)
    fetch.write(50, b"x" * SIZE)
    await settled(fetch, clock)
    fetch.discard()
    fetch.write(SMALL.size)
    fetch.publish()
    assert await read.task == CONTENT[: SMALL.size]


@pytest.mark.parametrize("start", [400, SIZE - HELD_BACK])
async def test_whoever_goes_on_may_hold_wrong_bytes_and_is_not_let_go_on_in_another_file(
    fetch: Fetch, reading: Begin, clock: HandClock, start: int
) -> None:
    fetch.write(start, b"x" * SIZE)
    read = reading(start=start)  # all that came until now it got before its connection broke
    await settled(fetch, clock)
    fetch.discard()
    fetch.write(SIZE)
    fetch.publish()
    with pytest.raises(Torn):
        await read.task
    assert read.taken == b""


async def test_a_wrong_file_is_noticed_though_a_new_one_has_its_name(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    fetch.write(500, b"x" * SIZE)
    await got(read, 500)
    fetch.part.unlink()
    fetch.write(SIZE)
    fetch.publish()
    with pytest.raises(Torn):
        await read.task
    assert read.taken == b"x" * 500


async def test_what_was_published_before_anybody_looked_is_read_there(fetch: Fetch, reading: Begin) -> None:
    fetch.write(SIZE)
    fetch.publish()
    assert await reading().task == CONTENT


async def test_what_was_published_is_right_though_it_can_be_written(fetch: Fetch, reading: Begin) -> None:
    """A file that an import left where its owner had it keeps that owner's permissions."""
    fetch.write(SIZE)
    fetch.publish(mode=0o644)
    assert await reading().task == CONTENT


async def test_a_disk_without_permissions_gives_out_the_end_as_well(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    fetch.write(SIZE)
    await got(read, SIZE - HELD_BACK)
    fetch.publish(mode=0o644)
    clock.forward(seconds=0.6)
    assert await read.task == CONTENT


async def test_the_end_is_given_out_before_the_disk_has_it(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    fetch.write(SIZE)
    await got(read, SIZE - HELD_BACK)
    fetch.arrivals.verified(FILE.digest, fetch.part.stat().st_ino)
    assert await read.task == CONTENT


async def test_that_another_file_is_right_says_nothing_about_this_one(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    fetch.write(SIZE)
    await got(read, SIZE - HELD_BACK)
    fetch.arrivals.verified(FILE.digest, fetch.part.stat().st_ino + 1)
    await settled(fetch, clock)
    assert len(read.taken) == SIZE - HELD_BACK


async def test_another_file_in_its_place_says_nothing_about_the_open_one(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    fetch.write(SIZE, b"x" * SIZE)
    await got(read, SIZE - HELD_BACK)
    fetch.place.write_bytes(CONTENT)
    await settled(fetch, clock)
    assert len(read.taken) == SIZE - HELD_BACK


async def test_what_is_not_for_all_is_read_only_when_it_is_right(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading(reads_part=False)
    fetch.write(SIZE)
    await settled(fetch, clock)
    assert read.taken == b""
    fetch.publish()
    assert await read.task == CONTENT


async def test_readers_see_what_another_process_writes(fetch: Fetch, reading: Begin) -> None:
    read = reading()
    fetch.write(400, quietly=True)
    assert await got(read, 400) == CONTENT[:400]
    fetch.write(SIZE, quietly=True)
    fetch.part.chmod(0o444)
    fetch.part.replace(fetch.place)
    assert await read.task == CONTENT


async def test_whoever_was_given_nothing_is_told_of_trouble_that_lasts(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    await settled(fetch, clock)
    fetch.arrivals.troubled(FILE.digest, FAULT)
    await asyncio.sleep(0.02)
    assert not read.task.done()  # a connection that broke is taken up again in a moment
    clock.forward(seconds=1.1)
    with pytest.raises(FetchStopped, match="The hub is away"):
        await read.task


async def test_trouble_that_passes_is_no_trouble(fetch: Fetch, reading: Begin, clock: HandClock) -> None:
    read = reading()
    await settled(fetch, clock)
    fetch.arrivals.troubled(FILE.digest, FAULT)
    await asyncio.sleep(0.02)
    fetch.write(10)
    await got(read, 10)
    clock.forward(minutes=5)
    fetch.write(SIZE)
    fetch.publish()
    assert await read.task == CONTENT


async def test_whoever_was_given_something_waits_through_trouble(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    fetch.write(10)
    await got(read, 10)
    fetch.arrivals.troubled(FILE.digest, FAULT)
    for _ in range(5):
        clock.forward(seconds=10)
        await asyncio.sleep(0.02)
    assert not read.task.done()
    fetch.write(SIZE)
    fetch.publish()
    assert await read.task == CONTENT


async def test_now_and_then_it_is_asked_whether_anybody_brings_it(
    fetch: Fetch, reading: Begin, clock: HandClock
) -> None:
    read = reading()
    await asyncio.sleep(0.25)
    assert fetch.checks == 0  # no time has passed
    await settled(fetch, clock)
    fetch.ends_with = FetchStopped("The job was cancelled.")
    clock.forward(seconds=0.6)
    with pytest.raises(FetchStopped, match="cancelled"):
        await read.task


def test_how_much_has_arrived(fetch: Fetch) -> None:
    stream = fetch.reader()
    assert stream.arrived() == 0
    fetch.write(77)
    assert stream.arrived() == 77
    assert fetch.reader(reads_part=False).arrived() == 0


async def test_the_descriptor_is_let_go(fetch: Fetch) -> None:
    fetch.write(10)
    stream = fetch.reader()
    async with aclosing(stream.spans(0, SIZE, fetch.arrivals)) as spans:
        descriptor = (await anext(spans)).descriptor
    stream.close()
    stream.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
