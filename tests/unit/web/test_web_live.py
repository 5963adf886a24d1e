"""The stream: what goes out, when, and that it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import httpx2
import pytest
import uvicorn
from markupsafe import Markup
from starlette.types import ASGIApp

from steelyard.core.errors import SteelyardError, Unavailable
from steelyard.core.signals import Signals
from steelyard.testing.pages import FakeSource, fake_job
from steelyard.web.live import changes, message, stream


async def beats(*heard: bool) -> AsyncIterator[bool]:
    """Ticks at once, one after the other."""
    for tick in heard:
        yield tick


async def until(holds: Callable[[], bool]) -> None:
    """Give the loop room until something holds."""
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to hold")


def names(parts: Mapping[str, Markup]) -> str:
    """The names of the parts as a rendering."""
    return ",".join(parts)


def trouble(error: SteelyardError | None) -> Markup:
    """Whether there is an error, as a rendering."""
    return Markup("trouble") if error else Markup("")


def test_a_line_break_cannot_leave_its_event() -> None:
    assert message("a\r\nevent: b\rc\n\nd") == "data: a\ndata: event: b\ndata: c\ndata: \ndata: d\n\n"


async def test_everything_first_then_what_differs() -> None:
    answers = iter(
        [
            {"a": Markup("1"), "b": Markup("1")},
            {"a": Markup("1"), "b": Markup("2")},
            {"a": Markup("1"), "b": Markup("2")},
        ]
    )

    async def read() -> Mapping[str, Markup]:
        return next(answers)

    sent = [text async for text in stream(beats(True, True, True), read, names, trouble)]
    assert sent == ["data: a,b,trouble\n\n", "data: b\n\n"]


async def test_a_silence_is_a_comment_and_then_what_changed_meanwhile() -> None:
    answers = iter([Markup("1"), Markup("1"), Markup("2")])

    async def read() -> Mapping[str, Markup]:
        return {"a": next(answers)}

    sent = [text async for text in stream(beats(True, False, False), read, names, trouble)]
    assert sent == ["data: a,trouble\n\n", ": still here\n\n", ": still here\n\n", "data: a\n\n"]


async def test_trouble_is_shown_and_cleared() -> None:
    answers = iter([None, Unavailable("away"), None])

    async def read() -> Mapping[str, Markup]:
        error = next(answers)
        if error:
            raise error
        return {"a": Markup("1")}

    sent = [text async for text in stream(beats(True, True, True), read, names, trouble)]
    assert sent == ["data: a,trouble\n\n", "data: trouble\n\n", "data: trouble\n\n"]


async def test_many_signals_are_one_change() -> None:
    signals = Signals()
    ticks = changes(signals, pause=0.05, heartbeat=60)
    assert await anext(ticks) is True
    for number in range(1000):
        signals.publish("job", str(number))
    assert await anext(ticks) is True
    waiting = asyncio.ensure_future(anext(ticks))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    signals.publish("model", "m")
    assert await waiting is True


async def test_other_topics_are_silence() -> None:
    signals = Signals()
    ticks = changes(signals, pause=0, heartbeat=0.02)
    await anext(ticks)
    signals.publish("weather", "rain")
    assert await anext(ticks) is False


async def test_closing_ends_the_changes_at_once() -> None:
    signals = Signals()
    ticks = changes(signals, pause=60, heartbeat=60)
    await anext(ticks)
    waiting = asyncio.ensure_future(anext(ticks, None))
    await asyncio.sleep(0)
    signals.close()
    assert await asyncio.wait_for(waiting, 5) is None


@pytest.fixture
async def address(app: ASGIApp, signals: Signals) -> AsyncIterator[str]:
    """A real server on a free port, ended through its signals."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    running = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    signals.close()
    server.should_exit = True
    await running


async def test_progress_comes_over_the_wire(address: str, source: FakeSource, signals: Signals) -> None:
    source.jobs = [fake_job("gpt2", progress=0.1)]
    async with (
        httpx2.AsyncClient() as client,
        client.stream("GET", f"{address}/live", headers={"Accept": "text/event-stream"}) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        events = events_of(answer)
        first = await anext(events)
        for region in ("tiles", "coming-in", "library", "activity", "trouble"):
            assert f'<hx-partial hx-target="#{region}" hx-swap="innerMorph">' in first
        assert 'value="10.0"' in first
        source.jobs = [fake_job("gpt2", progress=0.6)]
        signals.publish("job", "0198-job")
        second = await anext(events)
        assert 'value="60.0"' in second
        assert 'hx-target="#library"' not in second
        signals.close()
        assert await anext(events, None) is None


async def test_a_reader_that_leaves_is_forgotten(address: str, signals: Signals) -> None:
    async with httpx2.AsyncClient() as client, client.stream("GET", f"{address}/live") as answer:
        await anext(events_of(answer))
        assert len(signals._listeners) == 1
    await until(lambda: not signals._listeners)


async def events_of(answer: httpx2.Response) -> AsyncIterator[str]:
    """The data of each event."""
    lines: list[str] = []
    async for line in answer.aiter_lines():
        if line:
            lines.append(line.removeprefix("data: "))
        else:
            yield "\n".join(lines)
            lines = []
