"""From single files to what the model is."""

from collections import Counter

import pytest

from steelyard.catalog.inspect.gguf import GgufHeader
from steelyard.catalog.inspect.readings import Readings
from steelyard.catalog.inspect.safetensors import SafetensorsHeader
from steelyard.catalog.inspect.summary import main_weights, summarize
from steelyard.catalog.models import File, FileState, Traits
from steelyard.core.digest import Digest


def stored(*paths: str, state: FileState = FileState.STORED) -> list[File]:
    """Files that are here, each a byte larger than the one before."""
    return [File(path, size, Digest("sha256", "1" * 64), state) for size, path in enumerate(paths, start=1)]


def gguf(word: str, parameters: int = 10, parts: int | None = None, architecture: str | None = "llama") -> GgufHeader:
    """A header."""
    return GgufHeader(architecture, word, 4096, "mit", parameters, parts)


def safe(**dtypes: int) -> SafetensorsHeader:
    """A header with so many elements of each type."""
    return SafetensorsHeader(sum(dtypes.values()), Counter(dtypes))


def test_the_default_variant_of_those_that_are_here_describes_the_model() -> None:
    readings = Readings(gguf={"a-Q4_K_M.gguf": gguf("Q4_K_M"), "a-Q8_0.gguf": gguf("Q8_0", 11)})
    files = stored("a-Q4_K_M.gguf", "a-Q8_0.gguf")
    assert summarize(files, readings).traits == Traits("llama", 10, "Q4_K_M", 4096, "mit")
    absent = stored("a-Q4_K_M.gguf", state=FileState.LISTED)
    only = Readings(gguf={"a-Q8_0.gguf": gguf("Q8_0", 11)})
    facts = summarize([*absent, *stored("a-Q8_0.gguf")], only)
    assert facts.traits.quantization == "Q8_0"
    assert [variant.name for variant in facts.variants] == ["Q4_K_M", "Q8_0"]


def test_a_broken_variant_describes_nothing() -> None:
    readings = Readings(gguf={"a-Q8_0.gguf": gguf("Q8_0", 11)}, problems=["a-Q4_K_M.gguf: broken"])
    assert summarize(stored("a-Q4_K_M.gguf", "a-Q8_0.gguf"), readings).traits.parameters == 11


def test_parts_count_together_and_only_all_of_them() -> None:
    paths = [f"a-Q8_0-0000{number}-of-00002.gguf" for number in (1, 2)]
    first, second = gguf("Q8_0", 3, 2), gguf("", 4, 2, architecture=None)
    assert (
        summarize(stored(*paths), Readings(gguf=dict(zip(paths, (first, second), strict=True)))).traits.parameters == 7
    )
    assert summarize(stored("a.gguf"), Readings(gguf={"a.gguf": first})).traits.parameters is None


def test_a_name_says_more_than_the_file_type_and_a_projector_is_not_counted() -> None:
    readings = Readings(gguf={"a-UD-Q4_K_XL.gguf": gguf("Q4_K_M"), "mmproj-F16.gguf": gguf("F16", 99)})
    traits = summarize(stored("a-UD-Q4_K_XL.gguf", "mmproj-F16.gguf"), readings).traits
    assert (traits.quantization, traits.parameters) == ("UD-Q4_K_XL", 10)


def test_a_file_without_a_word_in_its_name_has_the_one_of_its_header() -> None:
    assert summarize(stored("a.gguf"), Readings(gguf={"a.gguf": gguf("Q6_K")})).traits.quantization == "Q6_K"


def test_safetensors_with_a_config() -> None:
    readings = Readings(
        safetensors={"model.safetensors": safe(BF16=90, F32=10)}, config=Traits("bert", None, "F32", 512), license="mit"
    )
    assert summarize(stored("model.safetensors"), readings).traits == Traits("bert", 100, "BF16", 512, "mit")
    readings.packed = "GPTQ-4bit"
    assert summarize(stored("model.safetensors"), readings).traits.quantization == "GPTQ-4bit"


@pytest.mark.parametrize(("dtype", "word"), [("F8_E4M3", "FP8"), ("F4", "FP4"), ("I8", "I8"), ("F16", "F16")])
def test_words_for_types(dtype: str, word: str) -> None:
    readings = Readings(safetensors={"model.safetensors": safe(**{dtype: 5})})
    assert summarize(stored("model.safetensors"), readings).traits.quantization == word


def test_the_licence_of_the_card_counts_first_then_the_header_then_the_name_of_a_file() -> None:
    files = stored("a.gguf", "LICENSE")
    assert summarize(files, Readings(gguf={"a.gguf": gguf("F16")}, license="apache-2.0")).traits.license == "apache-2.0"
    assert summarize(files, Readings(gguf={"a.gguf": gguf("F16")})).traits.license == "mit"
    assert summarize(files, Readings()).traits.license == "LICENSE"


SHARDS = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (["model.safetensors"], ["model.safetensors"]),
        (SHARDS, SHARDS),
        (SHARDS[:1], []),
        ([*SHARDS, "consolidated.safetensors"], SHARDS),
        (["small.safetensors", "large.safetensors"], ["large.safetensors"]),
        (["model.safetensors", "1_Dense/model.safetensors"], ["model.safetensors"]),
        (
            ["unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"],
            ["unet/diffusion_pytorch_model.safetensors"],
        ),
        (["unet/a.safetensors", "vae/b.safetensors"], ["unet/a.safetensors", "vae/b.safetensors"]),
        (["unet/a.safetensors", "vae/b-00001-of-00002.safetensors"], []),
        ([], []),
    ],
    ids=str,
)
def test_which_files_are_the_model(paths: list[str], chosen: list[str]) -> None:
    assert main_weights(stored(*paths)) == chosen


def test_a_shard_that_is_not_here_leaves_the_count_out() -> None:
    readings = Readings(safetensors={SHARDS[0]: safe(BF16=5)})
    assert summarize(stored(SHARDS[0]), readings).traits.parameters is None
    assert summarize(stored(*SHARDS), readings).traits.parameters is None


def test_a_hundred_shards_are_summed() -> None:
    paths = [f"model-{number:05d}-of-00100.safetensors" for number in range(1, 101)]
    readings = Readings(safetensors={path: safe(BF16=7) for path in paths})
    assert summarize(stored(*paths), readings).traits.parameters == 700


def test_no_more_problems_than_people_read() -> None:
    facts = summarize([], Readings(problems=[f"{number}.gguf: broken" for number in range(1000)]))
    assert len(facts.problems) == 21
    assert facts.problems[-1] == "and 980 more files with problems"
