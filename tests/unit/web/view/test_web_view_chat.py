"""Which models are offered to chat with."""

from typing import Any

import pytest

from steelyard.testing.pages import fake_loaded, fake_model
from steelyard.web.shelf import RunningState
from steelyard.web.view.chat import Choices, Unable, choices, may_answer


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        ({}, True),
        ({"format": "gguf", "architecture": None}, True),
        ({"format": "gguf", "status": "partial"}, True),
        ({"status": "partial"}, False),
        ({"status": "downloading"}, False),
        ({"status": "quarantined"}, False),
        ({"status": "deleted"}, False),
        ({"architecture": None}, False),
        ({"architecture": "bert"}, False),
        ({"format": "onnx"}, False),
        ({"kind": "dataset"}, False),
        ({"active": False}, False),
        ({"unable": "it needs the engine transformers: it is not installed"}, False),
        ({"problems": ["model.safetensors: it is cut"], "parameters": None}, False),
        ({"problems": ["other.bin: it runs os.system"]}, True),
        ({"problems": ["a.bin: ada allowed it"], "parameters": None, "format": "pytorch"}, True),
    ],
)
def test_only_models_that_answer_are_offered(fields: dict[str, Any], answers: bool) -> None:
    assert may_answer(fake_model(**fields)) is answers


def offered(asked: str, *known: str, loaded: tuple[str, ...] = (), foreign: tuple[str, ...] = ()) -> Choices:
    """The choices over a shelf and a memory."""
    models = [fake_loaded(name) for name in loaded]
    shelf = [*map(fake_model, known), fake_model("vectors", architecture="bert")]
    return choices(asked, shelf, foreign, RunningState({"models": models}))


def names(found: Choices) -> tuple[list[str], list[str], list[str]]:
    """Those in memory, those on the shelf, and what is chosen."""
    both = [*found.here, *found.shelf]
    return (
        [one.model for one in found.here],
        [one.model for one in found.shelf],
        [one.model for one in both if one.chosen],
    )


def test_what_is_in_memory_comes_first_and_is_chosen() -> None:
    assert names(offered("", "a", "b", loaded=("b", "b:Q4"))) == (["b", "b:Q4"], ["a"], ["b"])


def test_what_was_asked_for_is_chosen_also_when_nobody_knows_it() -> None:
    assert names(offered("a", "a", "b")) == ([], ["a", "b"], ["a"])
    assert names(offered("x:Q4", "a", loaded=("b",))) == (["b"], ["x:Q4", "a"], ["x:Q4"])


def test_a_model_of_vectors_is_not_offered_for_being_in_memory() -> None:
    assert names(offered("", "a", loaded=("vectors",))) == ([], ["a"], ["a"])


def test_a_model_loaded_for_vectors_only_is_on_the_shelf() -> None:
    state = RunningState({"models": [fake_loaded("a", task="embed")]})
    assert names(choices("", [fake_model("a")], (), state)) == ([], ["a"], ["a"])


def test_those_that_cannot_answer_come_apart_with_the_reason() -> None:
    cut = fake_model("cut", format="gguf", parameters=None, problems=["cut.gguf: it ends early"])
    shelf = [cut, fake_model("torch", unable="no engine"), fake_model("good")]
    found = choices("", shelf, (), RunningState({"models": []}))
    assert names(found) == ([], ["good"], ["good"])
    assert found.unable == (Unable("cut", "cut.gguf: it ends early"), Unable("torch", "no engine"))
    alone = choices("", shelf[:2], (), RunningState({"models": []}))
    assert alone.is_empty
    assert len(alone.unable) == 2


def test_models_of_other_servers_come_last() -> None:
    found = offered("", foreign=("far", "near"), loaded=("near",))
    assert [one.model for one in found.elsewhere] == ["far"]
    assert names(found) == (["near"], [], ["near"])
    assert [one.chosen for one in offered("far", "a", foreign=("far",)).elsewhere] == [True]


def test_a_shelf_without_any_offers_nothing() -> None:
    assert offered("").is_empty
    assert not offered("x").is_empty
