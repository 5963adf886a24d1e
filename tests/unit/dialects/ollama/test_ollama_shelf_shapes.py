"""Small shapes of lists and of pulls."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from steelyard.catalog.inspect.abilities import Abilities
from steelyard.dialects.ollama.pulling import progress, require_success
from steelyard.dialects.ollama.shelf_shapes import capabilities, digest, in_words, loaded, once_each
from steelyard.engines.models import Weights
from steelyard.jobs.models import Job, JobFault, JobStatus, PauseReason, Priority, Progress
from steelyard.serving.errors import ModelNotReady
from steelyard.serving.protocol import LoadedModel
from steelyard.serving.servable import Servable
from steelyard.testing.clock import HandClock

NOW = HandClock().now()
JOB = Job(
    "j1", "download", "k", {}, "org/a", "c", None, None, Priority.MEDIUM, JobStatus.RUNNING, None, 1, 0, None, None,
    NOW, Progress(30, 100), None, NOW, None, NOW, None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, ""), (135, "135"), (494_000_000, "494M"), (7_241_732_096, "7.24B"), (1_100_000_000_000, "1100B")],
)
def test_parameters_in_words(count: int | None, words: str) -> None:
    assert in_words(count) == words


def test_a_name_is_one_line_whatever_it_was_loaded_for() -> None:
    one, other = (LoadedModel("org/a", "echo", 10, context, 0, False, NOW, None) for context in (512, 4096))
    assert once_each([other, one]) == once_each([one, other]) == [replace(other, bytes=20)]
    assert [line.bytes for line in once_each([one, replace(other, model="org/b")])] == [10, 10]


def test_memory_of_cards_counts_only_where_there_are_cards() -> None:
    model = LoadedModel("org/a", "echo", 10, 512, 0, False, NOW, None)
    assert [loaded(model, None, None, NOW, has_gpu=has_gpu)["size_vram"] for has_gpu in (True, False)] == [10, 0]


@pytest.mark.parametrize(
    ("abilities", "expected"),
    [
        (None, ["completion"]), (Abilities(), ["completion"]),
        (Abilities(tools=True, thinking=True), ["completion", "tools", "thinking"]),
    ],
)  # fmt: skip
def test_what_a_template_knows_is_what_a_model_can(abilities: Abilities | None, expected: list[str]) -> None:
    found = Servable(Weights("k", "org/a", Path(), "gguf", 1), None, "org/a", False, abilities=abilities)
    assert capabilities(found) == expected
    assert capabilities(replace(found, only_reads=True)) == ["embedding"]


def test_a_download_is_one_layer() -> None:
    told = progress(JOB)
    assert (told["total"], told["completed"]) == (100, 30)
    assert told["status"] == f"pulling {digest('org/a', 'c')[:12]}"
    assert progress(replace(JOB, progress=Progress(130, 100)))["completed"] == 100
    assert progress(replace(JOB, progress=Progress()))["status"] == "pulling manifest"
    paused = replace(JOB, status=JobStatus.PAUSED, pause_reason=PauseReason.PERSON)
    assert progress(paused)["status"] == "paused"


def test_what_holds_a_download_up_is_said() -> None:
    held = replace(JOB, fault=JobFault("upstream-unavailable", "The hub is away.", None))
    assert progress(held) == {"status": "waiting: The hub is away. Trying again."}
    later = replace(held, status=JobStatus.QUEUED, not_before=JOB.updated_at + timedelta(seconds=4.2))
    assert progress(later) == {"status": "waiting: The hub is away. Next try in 5 s."}
    assert progress(replace(held, status=JobStatus.PAUSED)) == {"status": "paused: The hub is away."}


def test_a_download_that_failed_says_why() -> None:
    require_success(replace(JOB, status=JobStatus.SUCCEEDED))
    with pytest.raises(ModelNotReady, match="called off"):
        require_success(replace(JOB, status=JobStatus.CANCELLED))
    failed = replace(JOB, status=JobStatus.FAILED, fault=JobFault("x", "No room.", "Make some."))
    with pytest.raises(ModelNotReady, match="No room") as raised:
        require_success(failed)
    assert raised.value.hint == "Make some."
