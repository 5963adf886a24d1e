"""Which files make one usable choice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.catalog.models import File, FileState
from steelyard.catalog.variants import choices_of, files_of_variant, find_choice, variants_of
from steelyard.core.digest import Digest
from steelyard.core.ref import LATEST, parse

DIGEST = Digest("sha256", "1" * 64)


def listed(*paths: str) -> list[File]:
    """Files as a hub lists them, each as many bytes as its place in the list."""
    return [File(path, size, DIGEST, FileState.LISTED) for size, path in enumerate(paths, start=1)]


def names(*paths: str) -> list[str]:
    """The names of the variants, the smallest first."""
    return [variant.name for variant in variants_of(listed(*paths))]


def default(*paths: str) -> str:
    """The name of the default variant."""
    (name,) = [variant.name for variant in variants_of(listed(*paths)) if variant.is_default]
    return name


def paths_of(name: str, *paths: str) -> set[str]:
    """What a variant needs."""
    return {file.path for file in files_of_variant(listed(*paths), name)}


def test_one_file_each() -> None:
    variants = variants_of(listed("README.md", "anvil.Q4_K_M.gguf", "anvil.Q8_0.gguf"))
    assert [(one.name, one.size, one.is_default) for one in variants] == [("Q4_K_M", 2, True), ("Q8_0", 3, False)]


def test_nothing_to_choose() -> None:
    assert variants_of(listed("model.safetensors", "config.json", "mmproj-F16.gguf", "anvil.imatrix.gguf")) == ()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Anvil-7B-q4_k_m.gguf", "Q4_K_M"), ("anvil.i1-IQ2_XS.gguf", "IQ2_XS"), ("A-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"),
        ("anvil-BF16.gguf", "BF16"), ("anvil-fp16.gguf", "F16"), ("anvil_mxfp4.gguf", "MXFP4"),
        ("gpt-oss-20b-MXFP4_MOE.gguf", "MXFP4_MOE"), ("Q8_0/anvil.gguf", "Q8_0"), ("a.Q4_K_M.v2.GGUF", "Q4_K_M"),
        ("F16-trained-Q5_K_S.gguf", "Q5_K_S"), ("anvil-q4_0_4_4.gguf", "Q4_0_4_4"), ("anvil-TQ1_0.gguf", "TQ1_0"),
        ("model.gguf", "model"), ("ein Modell (neu).gguf", "ein-Modell-neu-"), ("...gguf", "model"),
    ],
)  # fmt: skip
def test_names(path: str, name: str) -> None:
    assert names(path) == [name]
    assert parse(f"org/name:{name}").variant == name


PARTS = [f"anvil-BF16-0000{number}-of-00003.gguf" for number in (1, 2, 3)]


def test_parts_of_a_split_file_are_one_variant() -> None:
    (choice,) = choices_of(listed(*reversed(PARTS)))
    assert (choice.variant.name, choice.variant.size, list(choice.paths)) == ("BF16", 6, PARTS)


@pytest.mark.parametrize(
    "parts", [PARTS[:2], PARTS[1:], [*PARTS[:2], "anvil-BF16-00004-of-00003.gguf"], ["a-Q8_0-00000-of-00001.gguf"]]
)
def test_a_variant_that_lacks_a_part_is_none(parts: list[str]) -> None:
    assert names(*parts, "anvil-Q4_K_M.gguf") == ["Q4_K_M"]


def test_folders_named_by_quantisation() -> None:
    split = [f"Q8_0/anvil-Q8_0-0000{number}-of-00002.gguf" for number in (1, 2)]
    assert names(*split, "UD-IQ1_S/anvil-00001-of-00001.gguf") == ["Q8_0", "UD-IQ1_S"]
    assert paths_of("q8_0", *split, "x-Q4_0.gguf") == set(split)


def test_a_projector_belongs_to_every_variant() -> None:
    paths = ["anvil-Q4_K_M.gguf", "anvil-Q8_0.gguf", "mmproj-F16.gguf", "README.md"]
    assert names(*paths) == ["Q4_K_M", "Q8_0"]
    assert paths_of("Q8_0", *paths) == {"anvil-Q8_0.gguf", "mmproj-F16.gguf", "README.md"}
    assert [variant.size for variant in variants_of(listed(*paths))] == [1 + 3, 2 + 3]


def test_other_weights_are_left_out_and_everything_else_comes_along() -> None:
    paths = ["a-Q4_0.gguf", "a-Q8_0.gguf", "model.safetensors", "pytorch_model.bin", "config.json", "a.imatrix.gguf"]
    assert paths_of("Q4_0", *paths) == {"a-Q4_0.gguf", "config.json"}


@pytest.mark.parametrize(
    ("words", "best"),
    [
        (["Q2_K", "Q4_K_M", "Q8_0"], "Q4_K_M"), (["Q4_K_S", "Q5_K_M"], "Q4_K_S"), (["F16", "Q8_0"], "Q8_0"),
        (["BF16", "Q2_K"], "Q2_K"), (["UD-Q4_K_XL", "Q4_0"], "UD-Q4_K_XL"), (["F16", "MXFP4"], "MXFP4"),
        (["IQ1_S"], "IQ1_S"),
    ],
)  # fmt: skip
def test_the_default(words: list[str], best: str) -> None:
    assert default(*(f"anvil-{word}.gguf" for word in words)) == best
    assert default(*(f"anvil-{word}.gguf" for word in reversed(words))) == best


def test_latest_is_the_default_and_names_have_no_case() -> None:
    files = listed("a-Q4_K_M.gguf", "a-Q8_0.gguf")
    for name, word in ((LATEST, "Q4_K_M"), ("q8_0", "Q8_0"), ("Q8_0", "Q8_0")):
        choice = find_choice(files, name)
        assert choice is not None
        assert choice.variant.name == word
    assert find_choice(files, "Q9") is None


def test_without_variants_latest_is_everything() -> None:
    files = listed("model.safetensors", "config.json")
    assert files_of_variant(files, LATEST) == files == files_of_variant(files, None)
    assert files_of_variant(files, "Q4_K_M") == []


def test_several_models_in_one_repository() -> None:
    paths = ["anvil-7b-Q4_K_M.gguf", "anvil-7b-Q8_0.gguf", "anvil-draft-Q4_K_M.gguf"]
    assert sorted(names(*paths)) == ["Q4_K_M", "Q8_0", "anvil-draft-Q4_K_M"]
    assert paths_of("Q4_K_M", *paths) == {"anvil-7b-Q4_K_M.gguf"}
    assert default(*paths) == "Q4_K_M"


def test_the_same_name_twice_is_numbered() -> None:
    assert sorted(names("x/a-Q8_0.gguf", "y/a-Q8_0.gguf", "z/a-Q8_0.gguf")) == ["Q8_0", "a-Q8_0", "a-Q8_0-2"]


_pieces = st.sampled_from(["a", "-Q8_0", "-q8_0", "Q4_K_M", "-00001-of-00002", "-00002-of-00002", "/", "mmproj", "-2"])
_paths = st.lists(st.builds("{}.gguf".format, st.lists(_pieces, min_size=1, max_size=5).map("".join)), max_size=12)


@given(_paths)
def test_any_names(paths: list[str]) -> None:
    files = listed(*dict.fromkeys(paths))
    choices = choices_of(files)
    assert len({choice.variant.name.casefold() for choice in choices}) == len(choices)
    assert [choice.variant.is_default for choice in choices].count(True) == (1 if choices else 0)
    for choice in choices:
        assert find_choice(files, choice.variant.name) == choice
        assert parse(f"org/name:{choice.variant.name}").variant
    taken = [path for choice in choices for path in choice.paths]
    assert len(taken) == len(set(taken))
