"""What a model's own files tell, from the hub to the answer; and what happens when they lie."""

import json
from pathlib import Path

from sqlalchemy import Connection, update

from steelyard.catalog import tables as catalog
from steelyard.testing.hub import StandInHub
from steelyard.testing.weights import (
    Tensor,
    Value,
    gguf_bytes,
    safetensors_bytes,
    safetensors_header,
    shards,
    vocabulary,
)
from tests.flows.house import House, eventually, open_house

MODEL = "org/anvil"
CONFIG = {"model_type": "llama", "max_position_embeddings": 8192, "torch_dtype": "bfloat16"}
CARD = b"---\nlicense: apache-2.0\n---\n# Anvil\n"
TRAITS = ("format", "architecture", "parameters", "quantization", "context_length", "license")


async def traits(house: House, model: str = MODEL) -> list[object]:
    """What the API shows."""
    shown = await house.get(f"/api/models/{model}")
    return [shown[name] for name in TRAITS]


async def test_a_gguf_repository(hub: StandInHub, house: House) -> None:
    metadata: dict[str, Value] = {
        "general.architecture": "qwen3",
        "qwen3.context_length": 32768,
        "general.file_type": 15,
    }
    data = gguf_bytes({**metadata, **vocabulary(200)}, {"a": Tensor((256, 8), "Q4_K"), "b": Tensor((32,))})
    hub.add(MODEL, {"anvil.gguf": data, "README.md": CARD})
    await house.bring(MODEL)
    assert await traits(house) == ["gguf", "qwen3", 256 * 8 + 32, "Q4_K_M", 32768, "apache-2.0"]
    (listed,) = (await house.get("/api/models"))["models"]
    assert [listed[name] for name in TRAITS] == await traits(house)
    assert listed["problems"] == []


async def test_a_sharded_safetensors_repository(hub: StandInHub, house: House) -> None:
    files = shards(f"model-{number:05d}-of-00003.safetensors" for number in (1, 2, 3))
    hub.add(MODEL, {**files, "config.json": json.dumps(CONFIG).encode(), "LICENSE-MIT": b"MIT"})
    await house.bring(MODEL)
    assert await traits(house) == ["safetensors", "llama", 3 * 64, "BF16", 8192, "mit"]


async def test_a_part_of_the_shards_counts_nothing(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {**shards(f"model-{number:05d}-of-00003.safetensors" for number in (1, 2, 3))})
    await house.bring(MODEL, include=["model-00001*"])
    assert await traits(house) == ["safetensors", None, None, None, None, None]
    await house.bring(MODEL)
    assert (await traits(house))[2] == 3 * 64


async def test_a_broken_header_is_published_and_reported(hub: StandInHub, house: House) -> None:
    """Its hash is right: it is what the hub has. So the download succeeds, and everybody is told."""
    broken = safetensors_header('{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}') + bytes(4)
    whole = safetensors_bytes({"a": Tensor((4,), "F16")})
    commit = hub.add(MODEL, {"model.safetensors": broken, "other.safetensors": whole, "config.json": b"{"})
    await house.bring(MODEL)
    shown = await house.get(f"/api/models/{MODEL}")
    assert shown["status"] == "ready"
    assert shown["parameters"] is None
    assert shown["problems"] == [
        "config.json: it is not JSON",
        "model.safetensors: its tensors take 36 bytes, 4 follow the header",
    ]
    assert house.contents(MODEL, commit)["model.safetensors"] == broken


async def test_a_new_revision_that_is_mended_has_no_problems(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {"model.gguf": b"GGUF but not really"})
    await house.bring(MODEL)
    assert len((await house.get(f"/api/models/{MODEL}"))["problems"]) == 1
    hub.add(MODEL, {"model.gguf": gguf_bytes({"general.architecture": "llama"})})
    await house.bring(MODEL)
    assert (await house.get(f"/api/models/{MODEL}"))["problems"] == []
    assert (await traits(house))[1] == "llama"


async def test_quarantined_files_tell_only_why_they_are_there(hub: StandInHub, house: House) -> None:
    hub.add(MODEL, {"pytorch_model.bin": b"\x80\x04pickle", "config.json": json.dumps(CONFIG).encode()})
    await house.bring(MODEL)
    assert await traits(house) == ["pytorch", "llama", None, "BF16", 8192, None]
    assert (await house.get(f"/api/models/{MODEL}"))["problems"] == ["pytorch_model.bin: it is no whole pickle"]


async def test_models_of_an_earlier_version_are_read_at_the_start(hub: StandInHub, tmp_path: Path) -> None:
    hub.add(MODEL, {"config.json": json.dumps(CONFIG).encode()})
    async with open_house(hub, tmp_path) as house:
        await house.bring(MODEL)
        await house.depot.database.write(_forget)
        assert (await traits(house))[1] is None
    async with open_house(hub, tmp_path) as house:

        async def known() -> bool:
            shown = await house.get(f"/api/models/{MODEL}")
            return bool(shown["architecture"] == "llama" and shown["size_bytes"] > 0)

        await eventually(known, "the depot reads what is here")


def _forget(connection: Connection) -> None:
    """As version 0.1 left it."""
    connection.execute(update(catalog.revisions).values(facts=None, inspected_at=None))
    connection.execute(update(catalog.entries).values(architecture=None, size_bytes=0))
