"""Models loaded by the libraries that people use: through the depot from cold, and again with the hub gone."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.clients.place import ALWAYS_ASKS, DIRECT, start
from tests.clients.programs import MODELS, Client, find_client
from tests.clients.weights import MINILM, minilm


@pytest.fixture
def loader(hub: StandInHub, tmp_path: Path) -> Iterator[Client]:
    """transformers and diffusers, before a depot that asks the hub every time."""
    found = find_client(MODELS, tmp_path, hub.url)
    with start(hub, tmp_path / "home", ALWAYS_ASKS) as depot:
        yield found if DIRECT else found.at("own", f"{depot.url}/u/tess/hf")


def test_transformers(hub: StandInHub, upstream: ExitStack, loader: Client) -> None:
    """The usual two lines, with the real weights."""
    weights = minilm()
    hub.add(MINILM, dict(weights))
    folder = weights["model.safetensors"].parent
    with loader.talk("load") as say:
        right = say("bert", str(folder), "unused")
        assert say("bert", MINILM, "cold") == right
        assert hub.ledger.bytes_sent(file="model.safetensors") == weights["model.safetensors"].stat().st_size
        assert hub.xet_hits == 0
        if not DIRECT:
            upstream.close()
            assert say("bert", MINILM, "warm") == right


def test_diffusers(hub: StandInHub, upstream: ExitStack, loader: Client) -> None:
    """A pipeline of several folders."""
    with loader.talk("load") as say:
        say("save", "made-up")
        made = loader.home / "made-up"
        hub.add("team/tiny", {path.relative_to(made).as_posix(): path for path in made.rglob("*.*")})
        right = say("pipeline", str(made), "unused")
        assert say("pipeline", "team/tiny", "cold") == right
        assert hub.xet_hits == 0
        if not DIRECT:
            upstream.close()
            assert say("pipeline", "team/tiny", "warm") == right
