"""Times are told by a clock that the answer itself turns."""

import ssl
from collections.abc import Callable, Iterator

import httpx2
import pytest

from steelyard.cli.mirror.answer import Answer, Silence
from steelyard.cli.mirror.asker import HttpAsker
from steelyard.testing.clock import HandClock

URL = "http://depot.test/hf/file"


class Slow(httpx2.SyncByteStream):
    """Chunks that take seconds."""

    def __init__(self, clock: HandClock, *steps: tuple[float, bytes]) -> None:
        self._clock = clock
        self._steps = steps
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for seconds, chunk in self._steps:
            self._clock.forward(seconds=seconds)
            self.sent += 1
            yield chunk


def asker(handle: Callable[[httpx2.Request], httpx2.Response], clock: HandClock) -> HttpAsker:
    return HttpAsker(httpx2.MockTransport(handle), clock.monotonic)


def test_moments_of_an_answer(clock: HandClock) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        clock.forward(seconds=2)
        return httpx2.Response(200, stream=Slow(clock, (3, b"ab"), (4, b"cd")))

    with asker(handle, clock) as one:
        answer = one.ask("GET", URL)

    assert isinstance(answer, Answer)
    assert (answer.headers_after, answer.first_byte_after, answer.ended_after) == (2, 5, 9)
    assert (answer.body, answer.received, answer.is_whole) == (b"abcd", 4, True)


def test_no_more_is_read_than_wanted(clock: HandClock) -> None:
    stream = Slow(clock, (0, b"ab"), (0, b"cd"), (0, b"ef"))
    with asker(lambda _: httpx2.Response(200, stream=stream), clock) as one:
        answer = one.ask("GET", URL, most=3, keep=1)

    assert isinstance(answer, Answer)
    assert (answer.body, answer.received, answer.is_whole, stream.sent) == (b"a", 4, False, 2)


def test_a_body_that_ends_exactly_there_is_whole(clock: HandClock) -> None:
    with asker(lambda _: httpx2.Response(200, content=b"abcd"), clock) as one:
        answer = one.ask("GET", URL, most=4)

    assert isinstance(answer, Answer)
    assert answer.is_whole


def test_redirects_are_not_followed(clock: HandClock) -> None:
    moved = httpx2.Response(302, headers={"location": "/elsewhere"})
    with asker(lambda _: moved, clock) as one:
        answer = one.ask("GET", URL)

    assert isinstance(answer, Answer)
    assert answer.target == "http://depot.test/elsewhere"
    assert answer.first_byte_after is None


def test_headers_and_forms_are_sent(clock: HandClock) -> None:
    sent: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200)

    with asker(handle, clock) as one:
        one.ask("POST", URL, {"X-One": "1"}, form=[("paths", "a"), ("paths", "b"), ("expand", "false")])

    assert sent[0].headers["x-one"] == "1"
    assert sent[0].read() == b"paths=a&paths=b&expand=false"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (httpx2.ConnectError("refused"), "refused"),
        (httpx2.ConnectTimeout("late"), "slow"),
        (httpx2.ReadTimeout(""), "slow"),
        (httpx2.ReadError("reset"), "broken"),
        (httpx2.RemoteProtocolError("nonsense"), "broken"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "untrusted"),
    ],
)
def test_what_keeps_an_answer_away(clock: HandClock, error: Exception, why: str) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        raise error

    with asker(handle, clock) as one:
        silence = one.ask("GET", URL)

    assert isinstance(silence, Silence)
    assert silence.why == why
    assert silence.reason


def test_a_certificate_behind_the_error(clock: HandClock) -> None:
    def handle(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("handshake") from ssl.SSLError("self-signed")

    with asker(handle, clock) as one:
        silence = one.ask("GET", URL)

    assert isinstance(silence, Silence)
    assert silence.why == "untrusted"
