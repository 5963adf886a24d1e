"""``transformers serve`` as a real engine of the depot, where its program is: ``make test-engines`` brings it."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.engines.running import RunningChild
from steelyard.testing.engine_suite import children
from steelyard.testing.hub import StandInHub
from steelyard.testing.tinymodel import Size, write_folder
from tests.flows.chatting import body, chat, events, stream
from tests.flows.house import House, eventually, open_house, serve_house, slug
from tests.unit.engines.test_engines_hangup import processor_seconds

PROGRAM = os.environ.get("TEST_TRANSFORMERS") or shutil.which("transformers", path=str(Path(sys.executable).parent))
KNOWN = Path(__file__).parents[1] / "data/engines/greedy.json"
MODEL, SLOW = "org/tiny", "org/slow"
SIZE = Size(hidden=256, layers=6, heads=4, kv_heads=4, inner=688, context=32768, tiled=True)
CONTEXT = 8192
LONG = "weigh " * 1300  # seconds of prefill
ENGINE: dict[str, Any] = {
    "engines__order": ["llamacpp", "transformers"], "engines__threads": 1, "engines__context": CONTEXT,
    "engines__parallel": 2, "engines__budget_bytes": 6 * 10**9, "engines__cooldown_seconds": 0,
}  # fmt: skip
WORK, NOTHING = 0.2, 0.05  # seconds of processor time
pytestmark = [pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]
needs_program = [
    pytest.mark.slow, pytest.mark.engines, pytest.mark.timeout(300),
    pytest.mark.skipif(PROGRAM is None, reason="make test-engines brings it"),
]  # fmt: skip


def files(folder: Path, size: Size | None = None) -> dict[str, bytes]:
    """The seeded model, as a repository has it."""
    made = write_folder(folder) if size is None else write_folder(folder, size)
    return {path.name: path.read_bytes() for path in made.iterdir()}


@pytest.fixture
async def house(hub: StandInHub, home: Path, tmp_path: Path) -> AsyncIterator[House]:
    hub.add(MODEL, files(tmp_path / "tiny"))
    hub.add(SLOW, files(tmp_path / "slow", SIZE))
    before = children()
    async with serve_house(hub, home, **ENGINE, engines__transformers=PROGRAM) as house:
        yield house
    assert children() == before


class TestLive:
    """Each load takes seconds."""

    pytestmark = needs_program

    async def test_every_surface_answers_as_transformers_itself(self, house: House) -> None:
        """Greedy, token by token; and its memory comes back when it leaves."""
        await house.bring(MODEL)
        known = json.loads(KNOWN.read_text())
        for one in known:
            answer = await patient(house, chat(house, one["prompt"], model=MODEL, max_tokens=40, temperature=0))
            assert (answer["message"]["content"], answer["engine"]) == (one["answer"], "transformers")
            assert answer["usage"]["completion_tokens"] == 40
        asked = {**body(known[0]["prompt"], MODEL), "max_tokens": 40, "temperature": 0}
        *pieces, last = await stream(house, known[0]["prompt"], model=MODEL, max_tokens=40, temperature=0)
        assert "".join(piece["delta"]["content"] for piece in pieces) == known[0]["answer"]
        assert last["usage"]["completion_tokens"] == 40
        openai = (await house.http.post("/v1/chat/completions", json=asked)).json()
        assert openai["choices"][0]["message"]["content"] == known[0]["answer"]
        refused = await house.http.post("/v1/chat/completions", json={**asked, "logprobs": True})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "logprobs")
        ollama = {**body(known[0]["prompt"], MODEL), "stream": False, "options": {"num_predict": 40, "temperature": 0}}
        said = (await house.http.post("/api/chat", json=ollama)).json()
        assert said["message"]["content"] == known[0]["answer"]

        (loaded,) = (await house.get("/api/v1/engines/loaded"))["models"]
        assert loaded["size_bytes"] > 10**8
        pid = engine(house).pid
        await house.http.post("/api/v1/engines/unload", json={"model": MODEL})

        async def gone() -> bool:
            return not Path(f"/proc/{pid}").exists() and house.depot.serving.service.state().bytes == 0

        await eventually(gone, "the process and its memory are gone")
        assert (await patient(house, chat(house, model=MODEL, max_tokens=2)))["done"]

    async def test_whoever_leaves_or_takes_too_long_stops_it(self, house: House) -> None:
        """In prefill, in a stream and in a plain request: the processor is idle then."""
        await house.bring(SLOW)
        await patient(house, chat(house, model=SLOW, max_tokens=1))
        for text in (LONG, "on"):
            for is_streamed in (True, False):
                asked = {**body(text, SLOW), "max_tokens": 6000, "stream": is_streamed}
                await leave(house, asked)
                await idle(house)
                told = await house.http.post("/chat", json={**asked, "timeout": 1}, timeout=60)
                assert told.status_code == (200 if is_streamed else 408)
                assert "within 1 s" in told.text
                await idle(house)
        assert (await chat(house, model=SLOW, max_tokens=2))["done"]
        failed = await events(house, "generation_failed")
        assert {event["error_code"] for event in failed} == {"client-left", "generation-timeout"}

    async def test_too_long_a_prompt_is_told_and_the_next_one_is_answered(self, house: House) -> None:
        """It costs the engine its life, and nobody else anything."""
        await house.bring(MODEL)
        await patient(house, chat(house, model=MODEL, max_tokens=1))
        problem = await patient(house, chat(house, "x" * 50_000, model=MODEL, max_tokens=2, expect=400))
        assert (slug(problem), bool(problem["hint"])) == ("prompt-too-long", True)
        assert (await patient(house, chat(house, model=MODEL, max_tokens=2)))["done"]


async def test_without_the_extra_the_hint_says_what_to_install(hub: StandInHub, home: Path, tmp_path: Path) -> None:
    hub.add(MODEL, files(tmp_path / "tiny"))
    nowhere: dict[str, Any] = {"engines__transformers": str(tmp_path / "no such program")} if _is_beside() else {}
    async with open_house(hub, home, **ENGINE, **nowhere) as house:
        await house.bring(MODEL)
        problem = await chat(house, expect=400, model=MODEL)
        assert slug(problem) == "engine-missing"
        assert nowhere or "pip install 'steelyard[transformers]'" in problem["hint"]


def _is_beside() -> bool:
    return shutil.which("transformers", path=str(Path(sys.executable).parent)) is not None


async def patient(house: House, asking: Any) -> dict[str, Any]:
    """A load takes longer than clients usually wait."""
    house.http.timeout = httpx2.Timeout(120)
    return dict(await asking)


def engine(house: House) -> RunningChild:
    """The model in memory."""
    ((_, live),) = house.depot.serving.keeper.live
    assert isinstance(live.loaded, RunningChild)
    return live.loaded


async def leave(house: House, asked: dict[str, Any]) -> None:
    """Ask, see that the processor works, and go."""
    pid = program(house)
    before = processor_seconds(pid)

    async def works() -> bool:
        return processor_seconds(pid) - before > WORK

    async with httpx2.AsyncClient(base_url=house.http.base_url, timeout=60) as client:
        asking = asyncio.create_task(client.post("/chat", json=asked))
        await eventually(works, "it is calculating")
        assert not asking.done()
        asking.cancel()
        await asyncio.wait([asking])


async def idle(house: House) -> None:
    """It works no more."""
    pid = program(house)

    async def is_idle() -> bool:
        before = processor_seconds(pid)
        await asyncio.sleep(1)
        return processor_seconds(pid) - before < NOTHING

    await eventually(is_idle, "the engine is idle")


def program(house: House) -> int:
    """The process that calculates: the only child of the guardian."""
    pid = engine(house).pid
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)
