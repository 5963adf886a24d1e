"""A client whose server is a list of answers."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from steelyard.client import Client

Connected = tuple[Client, list[httpx2.Request]]


@pytest.fixture
def depot() -> Iterator[Callable[..., Connected]]:
    """``depot(*answers, **options)``: a client that gets these answers (errors are raised), and what it asked."""
    opened: list[Client] = []

    def connect(*answers: httpx2.Response | Exception, **options: Any) -> Connected:
        waiting, requests = list(answers), list[httpx2.Request]()

        def handle(request: httpx2.Request) -> httpx2.Response:
            requests.append(request)
            answer = waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        settings = {"url": "http://depot.test", "environ": {"STEELYARD_USER": "alice"}, "sleep": lambda _: None}
        client = Client(transport=httpx2.MockTransport(handle), **{**settings, **options})
        opened.append(client)
        return client, requests

    yield connect
    for client in opened:
        client.close()
