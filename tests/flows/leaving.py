"""Clients that leave a depot with a real model before their answer is complete, in any of its protocols."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.registry import Engines
from steelyard.engines.running import RunningChild
from steelyard.testing.hub import StandInHub
from steelyard.testing.tinymodel import Size, write_gguf
from tests.flows.house import House, serve_house

MODEL = "org/slow"
SLOW = Size(hidden=256, layers=6, heads=4, kv_heads=4, inner=688, context=32768, tiled=True)
CONTEXT = 16384
LONG = "weigh " * 2500  # half a minute of prefill
TOKENS = 12_000  # more than any test waits for
PATHS = {"native": "/chat", "openai": "/v1/chat/completions", "ollama": "/api/chat"}
ENGINE: Mapping[str, Any] = {
    "engines__threads": 1, "engines__context": CONTEXT, "engines__parallel": 2, "engines__budget_bytes": 10**9,
    "engines__cooldown_seconds": 0,
}  # fmt: skip
_WITHIN = 30.0  # seconds until a test gives up
LOOK_EVERY = 0.01  # seconds


@dataclass(frozen=True)
class Way:
    """How somebody asks: whether piece by piece, and whether the model still reads when they leave."""

    is_streamed: bool
    in_prefill: bool

    def __str__(self) -> str:
        return f"{'stream' if self.is_streamed else 'plain'}{' in prefill' if self.in_prefill else ''}"


WAYS = [Way(streamed, prefill) for prefill in (True, False) for streamed in (True, False)]


@dataclass(frozen=True)
class Work:
    """What one of the engine's slots does: the number of its task, and the tokens that it has made."""

    task: int
    decoded: int


def body(surface: str, way: Way, **more: Any) -> dict[str, Any]:
    """What to post for an answer that nobody will wait for."""
    said = [{"role": "user", "content": LONG if way.in_prefill else "on"}]
    asked: dict[str, Any] = {"model": MODEL, "messages": said, "stream": way.is_streamed, **more}
    if surface == "ollama":
        return {**asked, "options": {"num_predict": TOKENS, "temperature": 0}}
    return {**asked, "max_tokens": TOKENS, "temperature": 0}


@asynccontextmanager
async def slow_house(hub: StandInHub, home: Path, folder: Path) -> AsyncIterator[House]:
    """A depot behind real sockets with a model in memory that takes its time, and shows what it works on."""
    hub.add(MODEL, {"slow-F32.gguf": write_gguf(folder / "slow.gguf", SLOW).read_bytes()})
    engines = Engines([LlamaCppEngine(1, show_slots=True)])
    async with serve_house(hub, home, engines=engines, **ENGINE) as house:
        await house.bring(MODEL)
        loaded = await house.http.post("/chat", json={"model": MODEL, "keep_alive": -1}, timeout=60)
        assert loaded.status_code == 200, loaded.text
        yield house


def engine(house: House) -> RunningChild:
    """The model in memory."""
    ((_, live),) = house.depot.serving.keeper.live
    assert isinstance(live.loaded, RunningChild)
    return live.loaded


class Eye:
    """Looks at the engine's own list of what it works on: often, which keeps it from seeing a hang-up by itself."""

    def __init__(self, house: House, http: httpx2.AsyncClient) -> None:
        endpoint = engine(house).endpoint
        self._url, self._headers = f"{endpoint.url}/slots", {"Authorization": f"Bearer {endpoint.key}"}
        self._http = http

    async def work(self) -> dict[int, Work]:
        """What it works on, by the numbers of the tasks."""
        slots = (await self._http.get(self._url, headers=self._headers)).json()
        busy = [slot for slot in slots if slot["is_processing"]]
        found = [Work(slot["id_task"], slot["next_token"][0]["n_decoded"]) for slot in busy]
        return {one.task: one for one in found}

    async def begun(self, known: set[int], *, in_prefill: bool) -> Work:
        """A task that is none of the known ones, once it is where it should be."""
        async with asyncio.timeout(_WITHIN):
            while True:
                new = [one for one in (await self.work()).values() if one.task not in known]
                if new and (in_prefill or new[0].decoded > 3):
                    assert in_prefill == (new[0].decoded == 0)
                    return new[0]
                await asyncio.sleep(LOOK_EVERY)

    async def ended(self, task: int) -> int:
        """Return when a task is worked on no more: how often that had to be looked at, ``LOOK_EVERY`` seconds apart.

        Fails when it came to its own end.
        """
        looks = 0
        async with asyncio.timeout(_WITHIN):
            while (found := (await self.work()).get(task)) is not None:
                assert found.decoded < TOKENS
                looks += 1
                await asyncio.sleep(LOOK_EVERY)
        return looks


@asynccontextmanager
async def asking(house: House, surface: str, way: Way) -> AsyncIterator["asyncio.Task[None]"]:
    """Somebody who asks and reads; behind it the connection is closed."""
    async with httpx2.AsyncClient(base_url=house.http.base_url, timeout=60) as client:
        reading = asyncio.create_task(_read(client, surface, way))
        try:
            yield reading
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def _read(client: httpx2.AsyncClient, surface: str, way: Way) -> None:
    async with client.stream("POST", PATHS[surface], json=body(surface, way)) as answer:
        async for _ in answer.aiter_raw():
            pass
