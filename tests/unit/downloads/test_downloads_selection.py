"""Which files are wanted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.errors import VariantMissing
from steelyard.downloads.models import Wanted
from steelyard.downloads.selection import canonical, chosen, select

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


DIGEST = Digest("sha256", "1" * 64)
WANTED = Wanted("huggingface", "model", "org/name", None, "a" * 40, (), ())
FILES = [File(path, 1, DIGEST, FileState.LISTED) for path in ("README.md", "a-Q4_K_M.gguf", "a-Q8_0.gguf", "x.bin")]


@pytest.mark.parametrize(
    ("variant", "include", "paths"),
    [
        (None, (), ["README.md", "a-Q4_K_M.gguf", "a-Q8_0.gguf", "x.bin"]),
        ("q8_0", (), ["README.md", "a-Q8_0.gguf"]),
        ("latest", (), ["README.md", "a-Q4_K_M.gguf"]),
        ("Q8_0", ("*.gguf",), ["a-Q8_0.gguf"]),
        ("Q9", (), []),
    ],
)
def test_a_variant_and_patterns_narrow_together(
    variant: str | None, include: tuple[str, ...], paths: list[str]
) -> None:
    wanted = replace(WANTED, variant=variant, include=include)
    assert [file.path for file in chosen(FILES, wanted)] == paths


@pytest.mark.parametrize(
    ("variant", "name"), [(None, None), ("q8_0", "Q8_0"), ("latest", "Q4_K_M"), ("Q4_K_M", "Q4_K_M")]
)
def test_a_variant_is_spelled_as_the_repository_spells_it(variant: str | None, name: str | None) -> None:
    assert canonical(FILES, replace(WANTED, variant=variant)) == name


def test_latest_of_a_repository_without_variants_is_all_of_it() -> None:
    assert canonical(FILES[:1], replace(WANTED, variant="latest")) is None


@pytest.mark.parametrize(
    ("files", "text", "hint"),
    [
        (FILES, "org/name has no variant Q9. It has: Q4_K_M, Q8_0.", "steelyard pull org/name:Q4_K_M"),
        (FILES[:1], "org/name has no variants, so none called Q9.", "Pull all of it: steelyard pull org/name"),
    ],
)
def test_an_unknown_variant_is_answered_with_those_that_there_are(files: list[File], text: str, hint: str) -> None:
    with pytest.raises(VariantMissing) as caught:
        canonical(files, replace(WANTED, variant="Q9"))
    assert (caught.value.detail, caught.value.hint, caught.value.status) == (text, hint, 404)


def test_the_list_of_names_is_short_enough_to_read() -> None:
    many = [File(f"model{number}-Q8_0.gguf", 1, DIGEST, FileState.LISTED) for number in range(100)]
    with pytest.raises(VariantMissing, match="and 60 more"):
        canonical(many, replace(WANTED, variant="Q9"))
