from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.client.sse import Event, EventReader


def read(*chunks: bytes) -> list[Event]:
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [Event("message", "a")]),
        (b"event: job\ndata: a\ndata:b\n\n", [Event("job", "a\nb")]),
        (b"data:  two spaces\n\n", [Event("message", " two spaces")]),
        (b": comment\n\ndata: a\n\n", [Event("message", "a")]),
        (b"event: job\n\ndata: a\n\n", [Event("message", "a")]),
        (b"id: 7\ndata: a\n\ndata: b\n\n", [Event("message", "a", "7"), Event("message", "b", "7")]),
        (b"id: 7\0\ndata: a\n\n", [Event("message", "a")]),
        (b"data\n\n", [Event("message", "")]),
        (b"retry: 10\nfoo: bar\ndata: a\n\n", [Event("message", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("message", "a")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [Event("message", letter) for letter in "abc"]),
        (b"data: never ended\n", []),
        (b"data: never ended", []),
        (b"", []),
    ],
)
def test_the_standard(stream: bytes, events: list[Event]) -> None:
    assert read(stream) == events


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
@given(
    said=st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=9), max_size=5),
    cuts=st.lists(st.integers(0, 200), max_size=9),
)
def test_chunks_may_be_cut_anywhere(end: bytes, said: list[str], cuts: list[int]) -> None:
    stream = b"".join(b"event: job" + end + b"data: " + text.encode() + end + end for text in said) + b": bye" + end
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})

    assert read(*(stream[start:stop] for start, stop in pairwise(edges))) == [Event("job", text) for text in said]


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_rubbish_does_no_harm(chunks: list[bytes]) -> None:
    read(*chunks)
