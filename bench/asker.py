"""``python -m bench.asker DEPOT SECONDS PATH…``: how long some addresses take to answer, in a process of its own.

Each is asked every 50 ms over a connection that stays open; prints the milliseconds of all answers as JSON.
"""

import json
import sys
import threading
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

_EVERY = 0.05


class Asker(threading.Thread):
    """Asks for one path again and again."""

    def __init__(self, depot: str, path: str, seconds: float) -> None:
        super().__init__()
        self._connection = HTTPConnection(urlsplit(depot).netloc, timeout=60)
        self._path = path
        self._seconds = seconds
        self.waits: list[float] = []
        self.statuses: set[int] = set()

    def run(self) -> None:
        self._ask()  # makes the connection
        end = time.perf_counter() + self._seconds
        while (start := time.perf_counter()) < end:
            self._ask()
            waited = time.perf_counter() - start
            self.waits.append(round(waited * 1000, 3))
            time.sleep(max(0.0, _EVERY - waited))
        self._connection.close()

    def _ask(self) -> None:
        self._connection.request("GET", self._path)
        answer = self._connection.getresponse()
        answer.read()
        self.statuses.add(answer.status)


def main(depot: str, seconds: float, paths: list[str]) -> None:
    """Ask for all of them at the same time."""
    askers = [Asker(depot, path, seconds) for path in paths]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
        assert asker.statuses == {200}, (asker.statuses, paths)
    print(json.dumps({path: asker.waits for path, asker in zip(paths, askers, strict=True)}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
