"""Models that no card here has room for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.engines.cuda import cards
from steelyard.engines.errors import TooLarge
from steelyard.engines.fit import check_fits
from steelyard.engines.hardware import Hardware
from steelyard.engines.models import KvShape, LoadOptions, Weights
from steelyard.engines.registry import EngineContext, load_engines
from steelyard.engines.settings import EngineSettings
from steelyard.engines.wire import EngineClient
from tests.unit.engines.test_engines_cuda import Driver, Memory

GIB = 2**30
CARDS = cards(Driver([("NVIDIA L", Memory(24 * GIB, GIB)), ("NVIDIA H", Memory(80 * GIB, 2 * GIB))]))
LARGE = Weights("k", "acme/anvil", Path("/models/anvil"), "safetensors", 79 * GIB, kv=KvShape(64, 8, 128))


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient()
    yield client
    await client.close()


def test_what_no_card_can_hold_is_too_large() -> None:
    """With the figures and a hint; what is free now decides nothing."""
    check_fits(CARDS, 80 * GIB, "vllm", "acme/anvil")
    with pytest.raises(TooLarge, match=r"vllm needs 85.9 GB on one card for acme/anvil, and the largest here has 85.9"):
        check_fits(CARDS, 80 * GIB + 1, "vllm", "acme/anvil")


def test_without_a_card_nothing_is_said() -> None:
    check_fits((), 2**60, "vllm", "acme/anvil")


@pytest.mark.parametrize("name", ["vllm", "transformers"])
async def test_it_is_told_before_anything_is_started(client: EngineClient, tmp_path: Path, name: str) -> None:
    """The weights fit, and the cache of one long request does not any more."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o700)
    settings = EngineSettings.model_validate({"order": [name], name: str(program)})
    (engine,) = load_engines(EngineContext(settings, Hardware(2**40, 8, CARDS), client), points=[]).all()
    options = LoadOptions(context=16_384, parallel=1)
    with pytest.raises(TooLarge) as caught:
        await engine.start(LARGE, options)
    assert caught.value.hint
    assert not (tmp_path / "started").exists()
    with pytest.raises(Exception, match="ended while it loaded"):
        await engine.start(replace(LARGE, size=GIB), options)
    assert (tmp_path / "started").exists()
