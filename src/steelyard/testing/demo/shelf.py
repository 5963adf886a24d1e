"""The models that the demo's hub offers. None of them exists."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from steelyard.testing.demo.weights import write_gguf, write_safetensors
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import MIB

PACE = 6_000_000  # bytes a second for each file, so that there is something to look at
GATED = "northwind/harbour-70b"


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A model: its name, its architecture, and the weights with their sizes in bytes."""

    name: str
    architecture: str
    weights: Mapping[str, int]
    gated: bool = False


MODELS = (
    MadeUp("northwind/ledger-embed", "bert", {"model.safetensors": 23 * MIB}),
    MadeUp("northwind/scales-1b", "llama", {f"model-0000{part}-of-00003.safetensors": 48 * MIB for part in (1, 2, 3)}),
    MadeUp("balance/pocket-chat-GGUF", "llama", {"pocket.Q4_K_M.gguf": 72 * MIB, "pocket.Q8_0.gguf": 130 * MIB}),
    MadeUp("balance/weighbridge-vision", "siglip", {"model.safetensors": 64 * MIB}),
    MadeUp("tide/tally-tiny", "gpt2", {"model.safetensors": 6 * MIB}),
    MadeUp(GATED, "llama", {"model.safetensors": 2 * MIB}, gated=True),
)  # fmt: skip


def stock(hub: StandInHub, folder: Path, scale: float) -> None:
    """Write the models below ``folder``, their weights multiplied by ``scale``, and let the hub offer them."""
    hub.faults.throttle("*", PACE)
    for seed, model in enumerate(MODELS):
        hub.add(model.name, _files(model, folder / model.name, scale, seed), gated=model.gated)


def _files(model: MadeUp, folder: Path, scale: float, seed: int) -> dict[str, bytes | Path]:
    config = {"model_type": model.architecture, "max_position_embeddings": 8192}
    card = f"---\nlicense: apache-2.0\n---\n# {model.name}\n\nMade up for the demo: noise in the form of a model.\n"
    files: dict[str, bytes | Path] = {"config.json": json.dumps(config).encode(), "README.md": card.encode()}
    for number, (name, size) in enumerate(model.weights.items()):
        write = write_gguf if name.endswith(".gguf") else write_safetensors
        write(folder / name, max(1, int(size * scale)), seed * 100 + number)
        files[name] = folder / name
    return files
