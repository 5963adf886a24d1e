"""How long the first words of an answer take: from llama.cpp itself, and through a depot that runs the same model.

One connection each, kept open, asked in turns; the model is tiny, so that what is seen is the way and not the model.
"""

import asyncio
import json
import socket
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench import upstream
from bench.figure import Figure
from bench.scale import Scale
from steelyard.client import Client
from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.models import Endpoint, LoadOptions, Weights
from steelyard.testing.process import DepotProcess
from steelyard.testing.tinymodel import write_gguf

_MODEL = "bench/tiny"
_MORE = {
    "STEELYARD_ENGINES__ORDER": "llamacpp", "STEELYARD_ENGINES__THREADS": "1", "STEELYARD_ENGINES__CONTEXT": "512",
    "STEELYARD_LIMITS__CHANGES_PER_SECOND": "0",
}  # fmt: skip
_OPTIONS = LoadOptions(context=512, parallel=4, threads=1)
_ASKED = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 4, "temperature": 0, "stream": True}
_WARM = 3


class Asker:
    """One connection to somebody who speaks OpenAI."""

    def __init__(self, endpoint: Endpoint) -> None:
        where = urlsplit(endpoint.url)
        body = json.dumps({"model": endpoint.model, **_ASKED})
        self._request = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {endpoint.key or ''}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self._address = (where.hostname or "", where.port or 80)

    def first(self) -> float:
        """Milliseconds until the first words; the rest is read, and the connection, which llama.cpp might close, is
        one of its own."""
        with socket.create_connection(self._address) as peer:
            start, data = time.perf_counter(), b""
            peer.sendall(self._request)
            seen = 0.0
            while b"[DONE]" not in data:
                more = peer.recv(65536)
                assert more, data
                data += more
                if not seen and _has_words(data):
                    seen = (time.perf_counter() - start) * 1000
        assert seen, data
        return seen


def measure(scale: Scale, work: Path) -> list[Figure]:
    """Nothing where llama.cpp is not installed."""
    if find_spec("xllamacpp") is None:
        print("!!! xllamacpp is not installed: no first token is measured", flush=True)
        return []
    model = work / "hub" / _MODEL / "tiny.gguf"
    model.parent.mkdir(parents=True)
    write_gguf(model)
    with (
        upstream.serving(work / "hub") as hub,
        DepotProcess(work / "first", hub, more=_MORE) as depot,
        Client(depot.url, user="bench") as client,
    ):
        job_id = client.pull(_MODEL)["job_id"]
        assert job_id is not None
        *_, last = client.jobs.watch(job_id)
        assert last["status"] == "succeeded", last
        through = Asker(Endpoint(depot.url, _MODEL))
        return asyncio.run(_beside_engine(model, through, scale))


async def _beside_engine(model: Path, through: Asker, scale: Scale) -> list[Figure]:
    weights = Weights("bench", _MODEL, model, "gguf", model.stat().st_size)
    loaded = await LlamaCppEngine().start(weights, _OPTIONS)
    try:
        return await asyncio.to_thread(_compare, Asker(loaded.endpoint), through, scale)
    finally:
        await loaded.stop()


def _compare(direct: Asker, through: Asker, scale: Scale) -> list[Figure]:
    for _ in range(_WARM):
        direct.first()
        through.first()
    rounds = [_round(direct, through, scale.asked) for _ in range(scale.rounds)]
    return [
        Figure("gateway, first words: llama.cpp", "ms", tuple(own for own, _ in rounds)),
        Figure("gateway, first words: through the depot", "ms", tuple(ours for _, ours in rounds)),
        Figure("gateway, first words: added", "ms", tuple(ours - own for own, ours in rounds), below=3.0),
    ]


def _round(direct: Asker, through: Asker, asked: int) -> tuple[float, float]:
    pairs = [(direct.first(), through.first()) for _ in range(asked)]
    return median(own for own, _ in pairs), median(ours for _, ours in pairs)


def _has_words(data: bytes) -> bool:
    return any(
        b'"content":"' in line and b'"content":""' not in line for line in data.replace(b": ", b":").split(b"\n")
    )
