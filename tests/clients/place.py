"""The seats of clients: a stand-in hub that announces Xet, and before it a real depot process."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.hub.ledger import Request
from steelyard.testing.process import DepotProcess
from tests.chaos.patience import until

# To tell a client that changed from a mirror that broke: with this the same calls go straight to the stand-in hub.
DIRECT = bool(os.environ.get("STEELYARD_CLIENTS_DIRECT"))
QUICK: Mapping[str, str] = {
    "STEELYARD_STORAGE__KEEP_FREE": "0", "STEELYARD_JOBS__BACKOFF_SECONDS": "0.05",
    "STEELYARD_DOWNLOADS__BACKOFF_SECONDS": "0.05",
}  # fmt: skip

Files = Mapping[str, bytes | Blob]
ALWAYS_ASKS = {"STEELYARD_MIRROR__FRESH_SECONDS": "0"}  # else a warm answer owes nothing to the hub for a while


@dataclass(frozen=True)
class Place:
    """``url`` is where the depot answers, with its path prefix if it has one."""

    hub: StandInHub
    depot: DepotProcess
    url: str

    @property
    def endpoint(self) -> str:
        """What clients get as ``HF_ENDPOINT``."""
        return self.hub.url if DIRECT else f"{self.url}/hf"

    def endpoint_of(self, person: str) -> str:
        """The same by a person's own prefix."""
        return self.hub.url if DIRECT else f"{self.url}/u/{person}/hf"

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The body of an answer of the depot's own interface."""
        answer = httpx2.get(f"{self.url}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def history(self, model: str) -> list[dict[str, Any]]:
        """Who asked for a model, newest first, once all of it has come to its end."""
        found: list[dict[str, Any]] = []

        def is_settled() -> bool:
            found[:] = self.get("/api/v1/downloads/history", model=model)["requests"]
            return all(line["completed_at"] for line in found)

        until(is_settled)
        return found

    def asked_upstream(self, repo: str) -> list[Request]:
        """What went to the hub for a repository, but for its files."""
        return [one for one in self.hub.ledger.requests(repo=repo) if one.call != "resolve"]

    def fetched_upstream(self, repo: str) -> list[Request]:
        """What went to the hub for the files of a repository."""
        return self.hub.ledger.requests(repo=repo, call="resolve")


def start(hub: StandInHub, home: Path, more: Mapping[str, str] | None = None, *, port: int = 0) -> DepotProcess:
    """A depot in front of the hub, for ``with``; ``more`` are further variables."""
    return DepotProcess(home, hub.url, port=port, more={**QUICK, **(more or {})})


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bytes_of(content: bytes | Blob) -> bytes:
    """What a file holds."""
    return content if isinstance(content, bytes) else content.read()
