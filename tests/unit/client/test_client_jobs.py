from collections.abc import Callable, Iterator

import httpx2
import pytest

from steelyard.client import Client, Conflict, InvalidArgument, ServerUnreachable
from steelyard.client.patience import Ears

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]


def problem(status: int, detail: str) -> httpx2.Response:
    kind = {"content-type": "application/problem+json"}
    return httpx2.Response(status, headers=kind, json={"type": "x", "detail": detail})


def state(status: str, progress: float = 0.0) -> dict[str, object]:
    return {"id": "j1", "status": status, "progress": progress}


def events(*texts: str, error: Exception | None = None) -> httpx2.Response:
    def chunks() -> Iterator[bytes]:
        for text in texts:
            yield text.encode()
        if error is not None:
            raise error

    return httpx2.Response(200, headers={"content-type": "text/event-stream; charset=utf-8"}, content=chunks())


def event(status: str, progress: float = 0.0) -> str:
    return f'event: job\ndata: {{"id": "j1", "status": "{status}", "progress": {progress}}}\n\n'


def test_list_and_iterate(depot: Depot) -> None:
    page = {"count": 1, "jobs": [state("queued")]}
    client, requests = depot(httpx2.Response(200, json=page), httpx2.Response(200, json=page))

    assert client.jobs.list(status="queued", model="gpt2", kind="download", user="bob")["count"] == 1
    assert [job["id"] for job in client.jobs.iterate(status="queued")] == ["j1"]

    assert str(requests[0].url) == "http://depot.test/jobs?status=queued&model=gpt2&kind=download&user=bob"
    assert str(requests[1].url) == "http://depot.test/jobs?status=queued&limit=100&offset=0"


def test_get(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json=state("running")))

    assert client.jobs.get("j 1/2")["status"] == "running"

    assert requests[0].url.raw_path == b"/jobs/j%201%2F2"


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume", "retry"])
def test_steering(depot: Depot, verb: str) -> None:
    client, requests = depot(httpx2.Response(200, json=state("queued")))

    assert getattr(client.jobs, verb)("j1")["status"] == "queued"

    assert (requests[0].method, requests[0].url.path) == ("POST", f"/jobs/j1/{verb}")


def test_steering_that_the_state_does_not_allow(depot: Depot) -> None:
    client, _ = depot(problem(409, "It has ended."))

    with pytest.raises(Conflict, match="It has ended"):
        client.jobs.cancel("j1")


def test_delete_gives_nothing(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(204))

    client.jobs.delete("j1")

    assert (requests[0].method, requests[0].url.path) == ("DELETE", "/jobs/j1")


def test_no_id_is_no_list(depot: Depot) -> None:
    client, requests = depot()

    with pytest.raises(InvalidArgument):
        client.jobs.get("")

    assert requests == []


def test_watch_streams_to_the_final_state(depot: Depot) -> None:
    stream = events(": hello\n\n", event("running", 0.5), event("succeeded", 1.0))
    client, requests = depot(httpx2.Response(200, json=state("queued")), stream)

    assert [job["status"] for job in client.jobs.watch("j1")] == ["queued", "running", "succeeded"]

    assert [request.url.path for request in requests] == ["/jobs/j1", "/jobs/j1/events"]
    assert requests[1].headers["accept"] == "text/event-stream"


def test_watch_asks_again_when_the_stream_breaks_and_opens_another(depot: Depot) -> None:
    client, requests = depot(
        httpx2.Response(200, json=state("running")),
        events(event("running", 0.2), error=httpx2.ReadError("cut")),
        httpx2.Response(200, json=state("running", 0.4)),
        events(event("succeeded", 1.0)),
    )

    assert [job["progress"] for job in client.jobs.watch("j1")] == [0.0, 0.2, 0.4, 1.0]

    assert len(requests) == 4


def test_watch_outlives_a_restart_of_the_server(depot: Depot) -> None:
    away = httpx2.ConnectError("refused")
    naps: list[float] = []
    client, _ = depot(
        httpx2.Response(200, json=state("running")),
        httpx2.RemoteProtocolError("gone"),
        *[away] * 9,
        httpx2.Response(503, json={}),
        httpx2.Response(200, json=state("succeeded", 1.0)),
        sleep=naps.append,
    )

    assert [job["status"] for job in client.jobs.watch("j1")] == ["running", "succeeded"]
    assert naps


def test_whoever_watches_hears_that_the_server_is_away_and_back(depot: Depot) -> None:
    heard: list[str] = []
    away = [httpx2.ConnectError("refused")] * 3
    answers = [httpx2.Response(200, json=state("running")), *away, *away, httpx2.Response(200, json=state("succeeded"))]
    client, _ = depot(*answers)

    ears = Ears(lambda: heard.append("lost"), lambda: heard.append("back"))
    for job in client.jobs.watch("j1", ears=ears):
        heard += [job["status"]]

    assert heard == ["running", "lost", "back", "succeeded"]


def test_watch_without_a_server_says_so_at_once(depot: Depot) -> None:
    client, requests = depot(*[httpx2.ConnectError("refused")] * 3)

    with pytest.raises(ServerUnreachable):
        next(client.jobs.watch("j1"))

    assert len(requests) == 3


def test_watch_falls_back_to_asking_where_streams_do_not_work(depot: Depot) -> None:
    page = httpx2.Response(200, text="<html>", headers={"content-type": "text/html"})
    client, _ = depot(
        httpx2.Response(200, json=state("running")),
        httpx2.Response(502, text="no"),
        httpx2.Response(200, json=state("running", 0.5)),
        page,
        httpx2.Response(200, json=state("failed", 0.5)),
    )

    assert [job["status"] for job in client.jobs.watch("j1")] == ["running", "running", "failed"]
