"""A depot's mirror in a few lines: a stand-in hub behind an address of its own, with what a proxy may do to it."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from steelyard.testing.hub import StandInHub

PUBLIC = "http://depot.test:8420"
MODEL = "org/tiny"
Twist = Callable[[httpx2.Request, httpx2.Response], httpx2.Response]
Before = Callable[[httpx2.Request], httpx2.Request | httpx2.Response]


@dataclass
class HostileDepot:
    """``before`` sees each request, ``after`` each answer; both may change them. ``asked`` are the requests."""

    hub: StandInHub
    http: httpx2.Client
    prefix: str = ""
    before: Before = lambda request: request
    after: Twist = lambda _, response: response
    ready: list[str] = field(default_factory=lambda: [MODEL])
    stored: list[str] = field(default_factory=lambda: ["config.json", "card/README.md", "model.safetensors"])
    me: dict[str, Any] | None = field(default_factory=lambda: {"username": "10.0.0.7", "identified_by": "address"})
    asked: list[httpx2.Request] = field(default_factory=list)

    @property
    def base(self) -> str:
        """What belongs into HF_ENDPOINT."""
        return f"{PUBLIC}{self.prefix}/hf"

    @property
    def transport(self) -> httpx2.MockTransport:
        """The way to it."""
        return httpx2.MockTransport(self.handle)

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """One request."""
        self.asked.append(request)
        seen = self.before(request)
        if isinstance(seen, httpx2.Response):
            return seen
        return self.after(request, self._answer(seen))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.raw_path.decode().removeprefix(self.prefix)
        for mount in ("/u/alice/hf", "/hf"):
            if path.startswith(f"{mount}/"):
                return self._mirror(request, path.removeprefix(mount), f"{PUBLIC}{self.prefix}{mount}")
        return self._own(path)

    def _mirror(self, request: httpx2.Request, path: str, base: str) -> httpx2.Response:
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "connection"}}
        with self.http.stream(request.method, self.hub.url + path, headers=headers, content=request.read()) as answer:
            body = b"".join(answer.iter_raw())
        told = {**answer.headers}
        if "link" in told:
            told["link"] = told["link"].replace(self.hub.url, base)
        return httpx2.Response(answer.status_code, headers=told, content=body)

    def _own(self, path: str) -> httpx2.Response:
        model = {"model": MODEL, "source": "huggingface", "kind": "model", "status": "ready"}
        documents: dict[str, Any] = {
            "/api/v1/me": self.me,
            "/api/models?status=ready&limit=50": {"models": [{**model, "model": name} for name in self.ready]},
            f"/api/models/{MODEL}": {**model, "files": [{"path": path, "state": "stored"} for path in self.stored]},
        }
        said = documents.get(path)
        return httpx2.Response(404, json={}) if said is None else httpx2.Response(200, json=said)


def resolves(request: httpx2.Request) -> bool:
    """Whether it is about a file's bytes."""
    return "/resolve/" in request.url.path


def changed(response: httpx2.Response, drop: str = "", **headers: str) -> httpx2.Response:
    """The same answer with headers set, and without those that begin so."""
    kept = {name: value for name, value in response.headers.items() if not drop or not name.startswith(drop)}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(response.status_code, headers={**kept, **more}, stream=Bytes(response.read()))


def compressed(response: httpx2.Response) -> httpx2.Response:
    """The same answer as a careless proxy sends it."""
    kept = {name: value for name, value in response.headers.items() if name != "content-length"}
    body = gzip.compress(response.read())
    return httpx2.Response(response.status_code, headers={**kept, "content-encoding": "gzip"}, content=body)


def rewritten(response: httpx2.Response, change: Callable[[Any], Any]) -> httpx2.Response:
    """The same answer with another document in it."""
    return httpx2.Response(response.status_code, content=json.dumps(change(json.loads(response.read()))))


class Bytes(httpx2.SyncByteStream):
    """A body that sets no headers by itself."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Any:
        yield self._body


NONE: Mapping[str, str] = {}
