"""Which files are wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.downloads.selection import select

PATHS = ["README.md", "config.json", "model.safetensors", "onnx/model.onnx", "onnx/deep/x.json", "Q4/model-00001.gguf"]


@pytest.mark.parametrize(
    ("include", "exclude", "chosen"),
    [
        ([], [], PATHS),
        (["*.json"], [], ["config.json", "onnx/deep/x.json"]),
        (["*.json"], ["onnx/*"], ["config.json"]),
        (["onnx/"], [], ["onnx/model.onnx", "onnx/deep/x.json"]),
        ([], ["onnx/"], ["README.md", "config.json", "model.safetensors", "Q4/model-00001.gguf"]),
        (["model.*", "README.md"], [], ["README.md", "model.safetensors"]),
        (["readme.md"], [], []),
        (["absent"], [], []),
        ([], ["*"], []),
        (["Q[0-9]/*"], [], ["Q4/model-00001.gguf"]),
        (["config.json"], ["config.json"], []),
    ],
)
def test_patterns(include: list[str], exclude: list[str], chosen: list[str]) -> None:
    assert select(PATHS, include, exclude) == chosen


@given(include=st.lists(st.text(max_size=20), max_size=3), exclude=st.lists(st.text(max_size=20), max_size=3))
def test_any_pattern_chooses_from_the_paths(include: list[str], exclude: list[str]) -> None:
    chosen = select(PATHS, include, exclude)
    assert [path for path in PATHS if path in chosen] == chosen
    assert set(select(PATHS, include, [])) >= set(chosen)
