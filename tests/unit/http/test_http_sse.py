"""Server-Sent Events."""

from collections.abc import AsyncIterator

from steelyard.http import sse


def test_an_event_is_one_data_line_and_an_empty_line() -> None:
    assert sse.event({"a": "line\nbreak"}) == 'data: {"a":"line\\nbreak"}\n\n'
    assert sse.event([1], "job", "7") == "id: 7\nevent: job\ndata: [1]\n\n"


def test_a_heartbeat_is_a_comment() -> None:
    assert sse.HEARTBEAT.startswith(":")
    assert sse.HEARTBEAT.endswith("\n\n")


def test_streams_are_neither_kept_nor_held_back() -> None:
    async def events() -> AsyncIterator[str]:
        yield sse.HEARTBEAT

    answer = sse.response(events())
    assert answer.media_type == "text/event-stream"
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-store", "no")
