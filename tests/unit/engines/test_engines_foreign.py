"""Servers that others wrote: vLLM against a program that plays it, transformers where it is installed."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.server import EchoServer, Tally
from steelyard.engines.errors import CannotLoad, EngineFailed, PromptTooLong, RefusedByEngine, TooLarge
from steelyard.engines.foreign import Launch, failure_of, start_foreign
from steelyard.engines.hardware import Card, Hardware
from steelyard.engines.models import Endpoint, LoadOptions, Task, Weights
from steelyard.engines.protocol import Loaded
from steelyard.engines.running import RunningChild
from steelyard.engines.transformers.command import command as transformers_command
from steelyard.engines.transformers.engine import TransformersEngine
from steelyard.engines.vllm.command import command as vllm_command
from steelyard.engines.vllm.engine import VllmEngine
from steelyard.engines.wire import EngineClient
from steelyard.testing.engine_suite import OPTIONS, EngineSuite, answer, children, say, until
from steelyard.testing.tinymodel import write_folder
from tests.unit.engines.test_engines_hangup import processor_seconds

STANDIN = Path(__file__).parent / "standin.py"
DATA = Path(__file__).parents[2] / "data" / "engines"
ROOT = Path(__file__).parents[3]
MACHINE = Hardware(8 * 2**30, 2)
WEIGHTS = Weights("k", "acme/anvil", Path("/models/anvil"), "safetensors", 1000)
TRANSFORMERS = os.environ.get("TEST_TRANSFORMERS") or shutil.which(
    "transformers", path=str(Path(sys.executable).parent)
)


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient()
    yield client
    await client.close()


@pytest.fixture
def program(tmp_path: Path) -> str:
    """The stand-in, as a program."""
    path = tmp_path / "vllm"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}:{ROOT}/src:$PYTHONPATH" exec "{sys.executable}" "{STANDIN}" "$@"\n')
    path.chmod(0o700)
    return str(path)


class VllmPlace:
    """The engine with the stand-in; it is idle as soon as the connection is closed."""

    weights = WEIGHTS
    broken = replace(WEIGHTS, path=Path("/models/broken"))

    def __init__(self, engine: VllmEngine) -> None:
        self.engine = engine

    async def is_idle(self, loaded: Loaded) -> bool:
        return loaded.is_alive


class TestVllm(EngineSuite):
    """The suite."""

    @pytest.fixture
    async def place(self, client: EngineClient, program: str) -> VllmPlace:
        return VllmPlace(VllmEngine(client, program))


async def test_no_memory_is_told(client: EngineClient, program: str) -> None:
    with pytest.raises(TooLarge) as caught:
        await VllmEngine(client, program).start(replace(WEIGHTS, path=Path("/models/memory")), OPTIONS)
    assert caught.value.hint


async def test_a_server_that_never_answers_is_ended(client: EngineClient, program: str) -> None:
    """With its last lines in the error."""
    before = children()
    with pytest.raises(EngineFailed, match="not ready within 3 s: serve") as caught:
        await VllmEngine(client, program, 3.0).start(replace(WEIGHTS, path=Path("/models/deaf")), OPTIONS)
    assert caught.value.hint
    assert children() == before


async def test_the_key_is_asked_for_and_shown_nowhere(client: EngineClient, program: str) -> None:
    loaded = await VllmEngine(client, program).start(WEIGHTS, OPTIONS)
    try:
        key = loaded.endpoint.key
        assert key is not None
        assert key not in "".join(path.read_text() for path in Path("/proc").glob(f"{loaded.pid}/cmdline"))
        assert not any(key in line for line in loaded.last_lines())
        with pytest.raises(EngineFailed):
            await answer(client, replace(loaded.endpoint, key="guessed"), say("hello"))
    finally:
        await loaded.stop()


@pytest.mark.parametrize("kind", ["open", "locked", "other"])
async def test_whoever_took_the_port_first_is_not_taken_for_the_child(
    client: EngineClient, program: str, kind: str
) -> None:
    """Whether it asks for a key, and whatever it says its model is: the child ends, as it cannot listen there."""
    key = None if kind == "open" else "locked"
    other = EchoServer("acme/other" if kind == "other" else "acme/anvil", key, Behaviour, Tally())
    url = await other.open()
    argv = [
        program,
        "serve",
        "/models/anvil",
        *f"--served-model-name acme/anvil --max-model-len 9 --port {url.rpartition(':')[2]}".split(),
    ]
    launch = Launch(
        "vllm", "acme/anvil", WEIGHTS.path, argv, Endpoint(url, "acme/anvil", "locked"), {"VLLM_API_KEY": "locked"}
    )
    try:
        with pytest.raises(EngineFailed, match="ended while it loaded"):
            await start_foreign(launch, client, 60.0)
    finally:
        await other.close()


async def test_last_lines_are_for_people(client: EngineClient, program: str) -> None:
    """Without the key and without paths."""
    loaded = await VllmEngine(client, program).start(replace(WEIGHTS, path=Path("/my models/telling")), OPTIONS)
    try:
        await until(lambda: len(loaded.last_lines()) > 1)
        assert loaded.last_lines()[1] == "key … loads telling from extra/c"
    finally:
        await loaded.stop()


def test_vllm_is_called_for_a_task() -> None:
    argv = vllm_command("vllm", replace(WEIGHTS, context_length=2048), LoadOptions(context=4096, parallel=3), 7000)
    assert argv[:3] == ["vllm", "serve", "/models/anvil"]
    assert dict(zip(argv[3::2], argv[4::2], strict=True)) == {
        "--served-model-name": "acme/anvil", "--host": "127.0.0.1", "--port": "7000", "--max-model-len": "2048",
        "--max-num-seqs": "3",
    }  # fmt: skip
    embed = vllm_command("vllm", replace(WEIGHTS, task=Task.EMBED), LoadOptions(), 7000)
    assert embed[-2:] == ["--runner", "pooling"]


def test_vllm_has_to_be_named() -> None:
    assert not VllmEngine(EngineClient(), None).availability().usable
    assert not VllmEngine(EngineClient(), "/no/such/vllm").availability().usable
    assert VllmEngine(EngineClient(), sys.executable).availability().usable


def test_transformers_has_a_bounded_cache() -> None:
    """As many tokens as the requests may need, and no more."""
    argv = transformers_command(
        "transformers", WEIGHTS, LoadOptions(context=1000, parallel=3), 7000, has_cuda=False, is_quantized=False
    )
    given = dict(pairwise(argv))
    assert int(given["--cb-block-size"]) * int(given["--cb-num-blocks"]) == 3008
    assert "--continuous-batching" in argv
    assert given["--device"] == "cpu"
    assert "--quantization" not in argv


def test_transformers_quantizes_on_a_card() -> None:
    argv = transformers_command("transformers", WEIGHTS, LoadOptions(), 7000, has_cuda=True, is_quantized=True)
    assert argv[-2:] == ["--quantization", "bnb-4bit"]
    assert "cuda:0" in argv


def test_a_program_elsewhere_is_never_asked_to_quantize() -> None:
    """Whether bitsandbytes is there cannot be seen from here."""
    cards = replace(MACHINE, cards=(Card("H", 80 * 2**30, 80 * 2**30),))
    engine = TransformersEngine(EngineClient(), cards, "/opt/other/bin/transformers", 10)
    assert engine.foresee(WEIGHTS, LoadOptions()) > engine.foresee(replace(WEIGHTS, size=0), LoadOptions())


@pytest.mark.parametrize(
    ("status", "line", "expected"),
    [
        (1, "RuntimeError: CUDA out of memory", TooLarge),
        (-9, "Loading", EngineFailed),
        (137, "Loading", EngineFailed),
        (1, "The checkpoint has model type `x` but Transformers does not recognize this architecture.", CannotLoad),
        (1, "OSError: [Errno 98] address already in use", EngineFailed),
    ],
)
def test_failures_are_told_apart(status: int, line: str, expected: type[Exception]) -> None:
    launch = Launch("vllm", "acme/anvil", WEIGHTS.path, ["vllm"], Endpoint("http://127.0.0.1:1", "m"))
    error = failure_of(launch, status, [line])
    assert type(error) is expected
    assert error.hint


class TransformersPlace:
    """The engine with the seeded model as a folder; its processor time tells whether it works."""

    def __init__(self, client: EngineClient, folder: Path) -> None:
        self.engine = TransformersEngine(client, MACHINE, TRANSFORMERS)
        path = write_folder(folder / "tiny")
        self.weights = replace(WEIGHTS, name="acme/tiny", path=path)
        self.broken = replace(WEIGHTS, name="acme/broken", path=write_folder(folder / "broken"))
        (self.broken.path / "model.safetensors").write_bytes(b"no model at all" * 100)

    async def is_idle(self, loaded: Loaded) -> bool:
        assert isinstance(loaded, RunningChild)
        workers = [int(text) for text in Path(f"/proc/{loaded.pid}/task/{loaded.pid}/children").read_text().split()]
        before = sum(processor_seconds(pid) for pid in workers)
        await asyncio.sleep(0.5)
        return sum(processor_seconds(pid) for pid in workers) - before < 0.1


@pytest.mark.slow
@pytest.mark.engines
@pytest.mark.timeout(600)
@pytest.mark.skipif(TRANSFORMERS is None, reason="make test-engines brings it")
class TestTransformers(EngineSuite):
    """The suite, live: each load takes seconds."""

    @pytest.fixture
    async def place(self, client: EngineClient, tmp_path: Path) -> TransformersPlace:
        return TransformersPlace(client, tmp_path)

    async def test_too_long_a_prompt_is_refused(self, client: EngineClient, loaded: Loaded) -> None:
        """It costs the engine its thread that answers: so it ends, and the next request would start it again."""
        with pytest.raises(PromptTooLong) as caught:
            await answer(client, loaded.endpoint, say("long " * 3000))
        assert caught.value.hint
        await asyncio.wait_for(loaded.ended(), 20)
        assert not loaded.is_alive

    async def test_nonsense_is_refused(self, client: EngineClient, loaded: Loaded) -> None:
        """It calls that its own failure, and goes on answering."""
        with pytest.raises((RefusedByEngine, EngineFailed)):
            await answer(client, loaded.endpoint, {"messages": "nonsense"})
        assert await answer(client, loaded.endpoint, say("still there"))

    async def test_greedy_answers_are_those_of_the_file(self, client: EngineClient, loaded: Loaded) -> None:
        """Live, what llama.cpp is compared with."""
        for known in json.loads((DATA / "greedy.json").read_text()):
            assert await answer(client, loaded.endpoint, say(known["prompt"], max_tokens=40)) == known["answer"]
