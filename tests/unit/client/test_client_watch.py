from collections.abc import Generator, Iterator
from typing import cast

import pytest

from steelyard.client.errors import ApiError, NotFound, ServerUnreachable, UnexpectedAnswer
from steelyard.client.patience import DEAF, Ears, Patience, is_final
from steelyard.client.retry import Retry
from steelyard.client.shapes import Job
from steelyard.client.watch import jobs_of, watch

AWAY = ServerUnreachable("away")


def job(status: str) -> Job:
    return cast("Job", {"id": "j1", "status": status})


class Server:
    """Answers and streams in the order given; errors are raised."""

    def __init__(self, answers: list[str | Exception], streams: list[list[str | Exception]]) -> None:
        self.answers, self.streams = answers, streams
        self.naps: list[float] = []
        self.now = 0.0
        self.slow = 0.0

    def get(self) -> Job:
        self.now += self.slow
        return self._say(self.answers.pop(0))

    def stream(self) -> Iterator[Job]:
        for said in self.streams.pop(0):
            yield self._say(said)

    def watched(self, seconds: float = 60.0, ears: Ears = DEAF) -> list[str]:
        patience = Patience(seconds, Retry(first_wait=1, longest=4))
        states = watch(self.get, self.stream, self.naps.append, patience, ears, lambda: self.now)
        return [job["status"] for job in states]

    def _say(self, said: str | Exception) -> Job:
        if isinstance(said, Exception):
            raise said
        return job(said)


def test_a_job_that_has_ended_needs_no_stream() -> None:
    assert Server(["cancelled"], []).watched() == ["cancelled"]


def test_the_stream_ends_with_the_final_state_and_nothing_more_is_asked() -> None:
    server = Server(["queued"], [["running", "succeeded"]])

    assert server.watched() == ["queued", "running", "succeeded"]
    assert server.naps == []


def test_a_paused_job_is_not_final() -> None:
    assert not is_final(job("paused"))
    assert Server(["paused"], [["running", "failed"]]).watched() == ["paused", "running", "failed"]


def test_pauses_grow_while_streams_bring_nothing_and_start_anew_when_one_does() -> None:
    server = Server(["running", "running", "running", "running", "failed"], [[AWAY], [], ["running", AWAY], [AWAY]])

    server.watched()

    assert server.naps == [1.0, 2.0, 1.0, 1.0]


def test_patience_ends() -> None:
    server = Server(["running", AWAY, AWAY, AWAY], [[AWAY]])

    with pytest.raises(ServerUnreachable):
        server.watched(seconds=3)

    assert server.naps == [1.0, 1.0, 2.0]


def test_time_spent_asking_is_silence_too() -> None:
    server = Server(["running", AWAY, AWAY], [[AWAY]])
    server.slow = 30.0

    with pytest.raises(ServerUnreachable):
        server.watched(seconds=60)

    assert server.naps == [1.0, 1.0]


def test_each_silence_is_told_once_and_so_is_its_end() -> None:
    heard: list[str] = []
    ears = Ears(lambda: heard.append("lost"), lambda: heard.append("back"))

    Server(["running", AWAY, AWAY, "running", "running", AWAY, "failed"], [[AWAY], [], []]).watched(ears=ears)

    assert heard == ["lost", "back", "lost", "back"]


def test_a_refusal_ends_the_watch() -> None:
    gone = NotFound(404, "not-found", "Not found", "No such job.")

    with pytest.raises(NotFound):
        Server(["running", gone], [[AWAY]]).watched()


def test_a_server_that_is_starting_is_waited_for() -> None:
    starting = ApiError(503, "unavailable", "Not now", "Starting.")

    assert Server(["running", starting, starting, "succeeded"], [[starting]]).watched() == ["running", "succeeded"]


def test_leaving_early_closes_the_stream() -> None:
    closed: list[bool] = []

    def stream() -> Iterator[Job]:
        try:
            yield job("running")
        finally:
            closed.append(True)

    states = cast("Generator[Job, None, None]", watch(lambda: job("queued"), stream, lambda _: None))
    next(states)
    next(states)
    states.close()

    assert closed == [True]


def test_other_events_are_passed_over() -> None:
    chunks = [b"event: hello\ndata: {}\n\n", b'event: job\ndata: {"status": "running"}\n\n']

    assert [found["status"] for found in jobs_of(iter(chunks))] == ["running"]


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'"text"'])
def test_an_event_that_is_no_job(data: bytes) -> None:
    with pytest.raises(UnexpectedAnswer):
        list(jobs_of(iter([b"event: job\ndata: " + data + b"\n\n"])))
