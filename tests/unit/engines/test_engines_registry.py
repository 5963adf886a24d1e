"""Which engines there are, and which runs a model."""

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pydantic import ValidationError

from steelyard.engines.echo.engine import EchoEngine
from steelyard.engines.errors import EngineMissing
from steelyard.engines.hardware import Card, Hardware, cores, look
from steelyard.engines.models import Availability, LoadOptions, Task, Weights
from steelyard.engines.protocol import Engine
from steelyard.engines.registry import EngineContext, Engines, UnknownEngine, load_engines
from steelyard.engines.settings import EngineSettings
from steelyard.engines.transformers.engine import TransformersEngine
from steelyard.engines.vllm.engine import VllmEngine
from steelyard.engines.wire import EngineClient

MACHINE = Hardware(64 * 2**30, 8)
WITH_CARD = replace(MACHINE, cards=(Card("H", 80 * 2**30, 70 * 2**30),))
FOLDER = Weights("k", "acme/anvil", Path("folder"), "safetensors", 4 * 2**30)
FILE = replace(FOLDER, format="gguf", path=Path("file.gguf"))


def context(**settings: object) -> EngineContext:
    return EngineContext(EngineSettings.model_validate(settings), MACHINE, EngineClient())


def plugged(context: EngineContext) -> Engine:
    """What a plug-in's entry point names."""
    engine = EchoEngine()
    engine.name = "plugged"
    return engine


class Away(EchoEngine):
    """An engine that is not installed."""

    name = "away"

    def availability(self) -> Availability:
        return Availability(False, "it is not installed", "pip install away")


def test_the_order_of_the_settings_decides() -> None:
    engines = load_engines(context(order="echo, llamacpp"), points=[])
    assert [engine.name for engine in engines.candidates(FILE)] == ["echo", "llamacpp"]
    assert engines.get("llamacpp").name == "llamacpp"
    with pytest.raises(UnknownEngine, match="vllm") as caught:
        engines.get("vllm")
    assert caught.value.hint


def test_a_server_starts_without_the_seldom_ones() -> None:
    """What echo needs is loaded when the settings name it."""
    code = "import sys, steelyard.engines.registry\nsys.exit('aiohttp.web' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_default_is_llamacpp_for_gguf() -> None:
    engines = load_engines(context(), points=[])
    assert [engine.name for engine in engines.candidates(FILE)] == ["llamacpp"]


def test_a_plug_in_is_found_when_it_is_named() -> None:
    point = EntryPoint("plugged", f"{__name__}:plugged", "steelyard.engines")
    engines = load_engines(context(order=["plugged"]), points=[point])
    assert [engine.name for engine in engines.all()] == ["plugged"]
    with pytest.raises(UnknownEngine) as caught:
        load_engines(context(order=["plugged"]), points=[])
    assert "llamacpp" in str(caught.value.hint)


def test_those_passed_over_say_why() -> None:
    engines = Engines([Away(), VllmEngine(EngineClient(), None)])
    with pytest.raises(EngineMissing) as caught:
        engines.candidates(FILE)
    assert "away: it is not installed" in caught.value.detail
    assert "vllm: it loads safetensors, and this is gguf" in caught.value.detail
    assert caught.value.hint == "pip install away"


def test_the_next_engine_is_taken_and_the_first_ones_reason_kept() -> None:
    fit, passed = Engines([Away(), EchoEngine()]).sorted_out(FILE)
    assert [engine.name for engine in fit] == ["echo"]
    assert [(one.engine, one.hint, one.is_lacking) for one in passed] == [("away", "pip install away", True)]


async def test_refreshing_asks_those_that_want_it() -> None:
    asked: list[str] = []

    class Curious(EchoEngine):
        name = "curious"

        async def refresh(self) -> None:
            asked.append(self.name)

    await Engines([EchoEngine(), Curious()]).refresh()
    assert asked == ["curious"]


def test_settings_read_sizes_and_lists() -> None:
    settings = EngineSettings.model_validate(
        {"budget_bytes": "24GB", "order": "llamacpp,echo", "quantize_above": "14GB"}
    )
    assert settings.budget_bytes == 24_000_000_000
    assert settings.order == ["llamacpp", "echo"]
    assert settings.budget(MACHINE) == 24_000_000_000
    assert EngineSettings().budget(MACHINE) == int(64 * 2**30 * 0.8)


@pytest.mark.parametrize(
    "wrong",
    [{"order": []}, {"queue": 10, "queue_all": 5}, {"parallel": 0}, {"budget_bytes": "lots"}, {"nonsense": 1},
     {"remotes": [{"url": "ftp://x"}]}, {"remotes": [{"url": "http://x", "weight": 0}]}],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EngineSettings.model_validate(wrong)


def test_a_remote_address_ends_before_v1_and_its_key_is_secret() -> None:
    settings = EngineSettings.model_validate({"remotes": [{"url": "http://10.0.0.7:8000/v1/", "key": "hush"}]})
    assert settings.remotes[0].url == "http://10.0.0.7:8000"
    assert "hush" not in repr(settings)


def test_this_machine_has_memory_and_cores() -> None:
    here = look()
    assert here.memory > 2**28
    assert here.cores >= 1
    assert not here.has_cuda


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    """Seen from inside, where the own group is the root, and from outside, where a group above may have the limit."""
    inside = {"proc__meminfo": "MemTotal:       65536 kB\n", "proc__self__cgroup": "0::/\n"}
    write(
        tmp_path, **inside, **{"sys__fs__cgroup__memory.max": "1048576\n", "sys__fs__cgroup__cpu.max": "50000 100000\n"}
    )
    assert look(root=tmp_path).memory == 1048576
    assert cores(tmp_path) == 1
    outside = tmp_path / "outside"
    groups = {"sys__fs__cgroup__a__b__memory.max": "max\n", "sys__fs__cgroup__a__memory.max": "2097152\n"}
    write(outside, proc__meminfo="MemTotal:       65536 kB\n", proc__self__cgroup="0::/a/b\n", **groups)
    assert look(root=outside).memory == 2097152


def test_without_a_limit_it_is_the_machines(tmp_path: Path) -> None:
    write(tmp_path, **{"proc__meminfo": "MemTotal:       65536 kB\n", "sys__fs__cgroup__memory.max": "max\n"})
    assert look(root=tmp_path).memory == 65536 * 1024


def test_transformers_takes_safetensors_to_chat_with() -> None:
    engine = TransformersEngine(EngineClient(), MACHINE, "/no/such/program")
    assert engine.refusal(FOLDER) is None
    assert engine.refusal(FILE)
    assert engine.refusal(replace(FOLDER, task=Task.EMBED))
    assert engine.availability() == Availability(
        False, "the program in engines.transformers cannot be run", "Check the path."
    )


def test_large_weights_need_less_in_four_bits() -> None:
    """Where there is a card and the limit is passed; here bitsandbytes is not installed, so it is never foreseen."""
    large = replace(FOLDER, size=20_000_000_000)
    plain = TransformersEngine(EngineClient(), MACHINE, None, 14_000_000_000)
    assert plain.foresee(large, LoadOptions()) > large.size
