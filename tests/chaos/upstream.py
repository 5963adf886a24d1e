"""What the stand-in hub holds in the chaos tests, and what its ledger says about fetching twice."""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from steelyard.testing.hub import Blob, StandInHub
from steelyard.testing.hub.content import MIB
from steelyard.testing.hub.ledger import Request

MODEL = "acme/thirds"
SIZE = 64 * MIB
FILES = {f"model-0000{part}-of-00003.safetensors": Blob(SIZE, seed=part) for part in (1, 2, 3)}
# Three files at once are 48 MB/s. The hub sends 20 slices a second, so a slice, all that a killed depot can leave in
# the kernel's buffers, is 0.8 MB of the 2 MiB that may be lost.
PACE = 16_000_000
ALLOWED = 2 * MIB  # to be fetched again, per file and kill


def fill(hub: StandInHub, pace: int = PACE, model: str = MODEL, seed: int = 0) -> str:
    """Put a model of three files into the hub, at a pace in bytes per second and file; returns its commit."""
    hub.faults.throttle(f"{model}/*", pace)
    return hub.add(model, {**files(seed), "config.json": b"{}"})


def files(seed: int = 0) -> dict[str, Blob]:
    """The weights; another seed makes others."""
    return {name: Blob(SIZE, seed=seed + part) for part, name in enumerate(FILES, start=1)}


@dataclass(frozen=True, slots=True)
class Refetched:
    """Bytes of one file that the hub sent more than once: in all, and the most at one restart."""

    total: int
    worst: int
    requests: int

    def __str__(self) -> str:
        return f"{self.requests} requests, {self.total / MIB:.2f} MiB again, at most {self.worst / MIB:.2f} MiB at once"


def refetched(hub: StandInHub, file: str, size: int) -> Refetched:
    """By the ledger: where each request began, against how far the one before it had come.

    Counts what the hub handed to its socket, so bytes that a killed depot never read count as fetched.
    """
    gets = [one for one in hub.ledger.requests(file=file, call="resolve") if one.method == "GET" and one.bytes_sent]
    overlaps = [max(0, offset(earlier) + earlier.bytes_sent - offset(later)) for earlier, later in pairwise(gets)]
    sent = sum(one.bytes_sent for one in gets)
    return Refetched(sent - size, max(overlaps, default=0), len(gets))


def offset(request: Request) -> int:
    """Where a request's range begins."""
    match = re.fullmatch(r"bytes=(\d+)-", request.range or "bytes=0-")
    assert match is not None, request.range
    return int(match.group(1))


def assert_whole(store: Path, commit: str, files: dict[str, Blob], repo: str = MODEL) -> None:
    """Every file of the model stands in the cache, byte for byte."""
    snapshot = store / "hub" / f"models--{repo.replace('/', '--')}" / "snapshots" / commit
    for name, content in files.items():
        assert (snapshot / name).read_bytes() == content.read(), name


def sent_once(hub: StandInHub) -> dict[str, int]:
    """How often each file's bytes went out, for files that must go out once."""
    counts: dict[str, int] = defaultdict(int)
    for one in hub.ledger.requests(call="resolve"):
        if one.method == "GET" and one.file is not None:
            counts[one.file] += 1
    return dict(counts)
