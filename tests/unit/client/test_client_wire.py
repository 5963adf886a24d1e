import json
from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import ApiError, Client, ServerUnreachable, UnexpectedAnswer
from steelyard.client.retry import Retry

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
FINE = {"id": "j1", "status": "queued"}


@pytest.mark.parametrize(
    "trouble",
    [
        httpx2.ConnectError("refused"),
        httpx2.ConnectTimeout("slow"),
        httpx2.RemoteProtocolError("cut"),
        httpx2.Response(502, text="bad gateway"),
        httpx2.Response(503, json={}),
        httpx2.Response(504, json={}),
    ],
)
def test_a_read_is_tried_again(depot: Depot, trouble: httpx2.Response | Exception) -> None:
    client, requests = depot(trouble, httpx2.Response(200, json=FINE))

    assert client.jobs.get("j1")["id"] == "j1"
    assert len(requests) == 2


def test_waits_grow_and_follow_retry_after(depot: Depot) -> None:
    naps: list[float] = []
    later = httpx2.Response(503, headers={"retry-after": "4"}, json={})
    trouble = [httpx2.ConnectError("refused"), httpx2.ConnectError("refused"), later]
    client, _ = depot(
        *trouble, httpx2.Response(200, json=FINE), sleep=naps.append, retry=Retry(attempts=4, first_wait=1)
    )

    client.jobs.get("j1")

    assert naps == [1.0, 2.0, 4.0]


def test_no_server_ends_with_the_command_that_starts_one(depot: Depot) -> None:
    client, requests = depot(*[httpx2.ConnectError("refused")] * 3)

    with pytest.raises(ServerUnreachable, match=r"http://depot\.test") as raised:
        client.jobs.get("j1")

    assert "steelyard serve" in (raised.value.hint or "")
    assert len(requests) == 3


@pytest.mark.parametrize("trouble", [httpx2.ConnectError("refused"), httpx2.Response(503, json={})])
def test_a_write_is_never_repeated(depot: Depot, trouble: httpx2.Response | Exception) -> None:
    client, requests = depot(trouble)

    with pytest.raises((ServerUnreachable, ApiError)):
        client.jobs.retry("j1")

    assert len(requests) == 1


def test_a_slow_answer_has_had_its_time(depot: Depot) -> None:
    client, requests = depot(httpx2.ReadTimeout("slow"))

    with pytest.raises(ServerUnreachable, match="in time"):
        client.jobs.get("j1")

    assert len(requests) == 1


def test_other_errors_are_final(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(500, json={"type": "internal-error", "title": "Oh", "detail": "Broken."}))

    with pytest.raises(ApiError, match="Broken") as raised:
        client.jobs.get("j1")

    assert (raised.value.status, raised.value.slug, len(requests)) == (500, "internal-error", 1)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>hello</html>"),
        httpx2.Response(200, json=["a", "list"]),
        httpx2.Response(200),
        httpx2.Response(200, json={"hello": "world"}),
        httpx2.Response(404, text="<html>File not found</html>"),
        httpx2.Response(404, json={"detail": "Not Found"}),
        httpx2.Response(403),
        httpx2.Response(200, headers={"content-encoding": "gzip"}, content=iter([b"not gzip"])),
    ],
)
def test_another_program_on_that_port(depot: Depot, answer: httpx2.Response) -> None:
    client, _ = depot(answer)

    with pytest.raises(UnexpectedAnswer) as raised:
        client.jobs.get("j1")

    assert "http://depot.test answers, but is no Steelyard server" in raised.value.detail
    assert "STEELYARD_URL" in (raised.value.hint or "")


def test_a_redirect_is_not_an_answer(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(307, headers={"location": "https://elsewhere.test/jobs/j1"}))

    with pytest.raises(ApiError) as raised:
        client.jobs.get("j1")

    assert raised.value.status == 307
    assert len(requests) == 1


def test_bodies_are_json(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(202, json={"job_id": None}))

    client.pull("gpt2")

    assert requests[0].headers["content-type"] == "application/json"
    assert json.loads(requests[0].content)["model"] == "gpt2"
