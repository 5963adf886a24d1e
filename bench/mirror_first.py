"""How long a client waits for its first byte of a file that nobody has asked for yet, and another one's while that file
comes in from a slow hub."""

import threading
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from bench import upstream
from bench.figure import Figure
from bench.ready import wait_until_ready
from bench.scale import Scale
from steelyard.testing.process import DepotProcess

_FILE = f"/{upstream.LARGE}/resolve/main/model-00000.safetensors"
_SECONDS = 6.0  # what the hub takes for the file
_LATER = 0.25  # the second client comes when this part of it is over
_BLOCK = 1024 * 1024


def measure(scale: Scale, work: Path) -> list[Figure]:
    """The first client, a second one from the beginning, a third one from the middle of what is there."""
    upstream.write_large(work / "hub", 1, scale.large_size)
    rounds = [_round(scale.large_size, work / f"round-{number}", work / "hub") for number in range(scale.rounds)]
    first, second, third = zip(*rounds, strict=True)
    size = f"{scale.large_size / 1e6:g} MB"
    return [
        Figure(f"mirror, first byte of {size}: first client", "s", first),
        Figure(f"mirror, first byte of {size}: while it comes", "s", second, below=1.0),
        Figure(f"mirror, first byte of {size}: in the middle", "s", third, below=1.0),
    ]


def _round(size: int, folder: Path, root: Path) -> tuple[float, float, float]:
    folder.mkdir()
    with upstream.serving(root) as hub, DepotProcess(folder / "home", hub) as depot:
        wait_until_ready(depot.url)
        _throttle(hub, size / _SECONDS)
        first = _Download(depot.url, 0)
        first.start()
        time.sleep(_SECONDS * _LATER)
        others = [_Download(depot.url, 0), _Download(depot.url, int(size * _LATER / 2))]
        for other in others:
            other.start()
            other.began.wait()
        assert first.is_alive(), "the file came too fast to measure anything"
        for one in (first, *others):
            one.join()
            assert one.count == size - one.offset
    return first.waited, others[0].waited, others[1].waited


class _Download(threading.Thread):
    """Reads to the end; ``waited`` are the seconds from the request to its first byte."""

    def __init__(self, depot: str, offset: int) -> None:
        super().__init__()
        self._depot = depot
        self.offset = offset
        self.began = threading.Event()
        self.waited = 0.0
        self.count = 0

    def run(self) -> None:
        connection = HTTPConnection(urlsplit(self._depot).netloc, timeout=60)
        start = time.perf_counter()
        connection.request("GET", f"/hf{_FILE}", headers={"Range": f"bytes={self.offset}-"} if self.offset else {})
        response = connection.getresponse()
        self.count = len(response.read(1))
        self.waited = time.perf_counter() - start
        self.began.set()
        self.count += _rest(response)
        connection.close()


def _rest(response: HTTPResponse) -> int:
    count = 0
    while block := response.read(_BLOCK):
        count += len(block)
    return count


def _throttle(hub: str, pace: float) -> None:
    connection = HTTPConnection(urlsplit(hub).netloc, timeout=10)
    rule = f'{{"fault": "throttle", "pattern": "bench/*", "bytes_per_second": {int(pace)}, "times": null}}'
    connection.request("POST", "/_hub/faults", body=rule, headers={"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()
