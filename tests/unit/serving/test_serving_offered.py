"""What lists offer, and why an entry is left out."""

from datetime import UTC, datetime

import pytest

from steelyard.catalog.models import Entry, EntryName, ModelStatus, Traits
from steelyard.core.ref import Kind
from steelyard.engines.echo.engine import EchoEngine
from steelyard.engines.models import Availability, Weights
from steelyard.engines.registry import Engines
from steelyard.serving.offered import refusal_of


class Picky(EchoEngine):
    """Takes GGUF only."""

    name = "picky"

    def refusal(self, weights: Weights) -> str | None:
        return None if weights.format == "gguf" else "it reads GGUF files"


class Away(EchoEngine):
    """Takes anything, and is not installed."""

    name = "away"

    def availability(self) -> Availability:
        return Availability(False, "it is not installed")


def entry(form: str) -> Entry:
    """A model on the shelf."""
    return Entry(
        1, EntryName("huggingface", Kind.MODEL, "org/name"), "", None, [], None, True, False, False, ModelStatus.READY,
        form, Traits(), 1, None, 0, 0, None, None, datetime(2026, 3, 1, tzinfo=UTC), None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "engines", "reason"),
    [
        ("gguf", [Picky()], None),
        ("safetensors", [Picky()], "no engine of this depot runs such files"),
        ("safetensors", [Picky(), Away()], "it needs the engine away: it is not installed"),
        ("gguf", [Away(), Picky()], None),
    ],
)
def test_what_no_engine_runs_says_why(form: str, engines: list[EchoEngine], reason: str | None) -> None:
    assert refusal_of(entry(form), Engines(engines)) == reason
