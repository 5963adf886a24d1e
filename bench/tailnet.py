"""How long requests wait because of Headscale: while it is well, away, slow, refuses the key, or talks nonsense.

A real server process; the requests come from an address of the tailnet, as a trusted proxy tells. Half of them are sent
before the depot has ever seen a list of nodes. The list is renewed every second, so that there is always something to
wait for.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.figure import Figure
from bench.scale import Scale
from steelyard.testing.headscale import StubHeadscale, StubNode, StubUser
from steelyard.testing.process import DepotProcess

_NOWHERE = "http://127.0.0.1:9"
_ADDRESS = "100.64.0.7"
_TARGET = 300.0  # milliseconds
_SETTINGS = {
    "STEELYARD_SERVER__TRUSTED_PROXIES": '["127.0.0.1"]', "STEELYARD_TAILNET__CACHE_SECONDS": "1",
    "HEADSCALE_API_KEY": "hskey-api-stand-in",
}  # fmt: skip


def _slow(stub: StubHeadscale) -> None:
    stub.slow = 10.0


def _down(stub: StubHeadscale) -> None:
    stub.down = True


def _refusing(stub: StubHeadscale) -> None:
    stub.api_key = "another"


def _malformed(stub: StubHeadscale) -> None:
    stub.body = b'{"nodes": [{"user": 7}, null, "'


_TROUBLES: Mapping[str, Callable[[StubHeadscale], None]] = {
    "well": lambda _stub: None, "away": _down, "10 s slow": _slow, "refusing": _refusing,
    "talking nonsense": _malformed,
}  # fmt: skip


def measure(scale: Scale, work: Path) -> list[Figure]:
    """The longest of many answers for each trouble."""
    return [asyncio.run(_measured(name, trouble, scale, work)) for name, trouble in _TROUBLES.items()]


async def _measured(name: str, trouble: Callable[[StubHeadscale], None], scale: Scale, work: Path) -> Figure:
    async with StubHeadscale() as stub:
        stub.nodes = [StubNode(StubUser("1", "alice"), [_ADDRESS])]
        trouble(stub)
        more = {**_SETTINGS, "HEADSCALE_URL": stub.url}
        home = work / name.replace(" ", "-")
        longest = await asyncio.to_thread(
            _longest, home, more, scale.asked, expected="alice" if name == "well" else None
        )
    return Figure(f"longest answer, Headscale {name}", "ms", (longest,), below=_TARGET)


def _longest(home: Path, more: Mapping[str, str], asked: int, expected: str | None) -> float:
    with DepotProcess(home, _NOWHERE, more=more) as depot:
        connection = HTTPConnection(urlsplit(depot.url).netloc, timeout=60)
        longest = 0.0
        for _ in range(asked):
            start = time.perf_counter()
            connection.request("GET", "/api/v1/me", headers={"X-Forwarded-For": _ADDRESS})
            body = connection.getresponse().read()
            longest = max(longest, (time.perf_counter() - start) * 1000)
            time.sleep(0.05)
        connection.close()
        assert expected is None or expected.encode() in body, body
        return longest
