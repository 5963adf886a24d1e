"""The made-up files have the form of models."""

from pathlib import Path

import pytest

from steelyard.catalog.inspect.gguf import read_gguf
from steelyard.catalog.inspect.safetensors import read_safetensors
from steelyard.testing.demo.weights import write_gguf, write_safetensors

SIZE = 100_000


def test_safetensors_describe_exactly_the_bytes_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    write_safetensors(path, SIZE, seed=1)
    with path.open("rb") as file:
        assert read_safetensors(file, path.stat().st_size).dtypes == {"BF16": SIZE // 2}
    assert 0 <= path.stat().st_size - SIZE < 1000


@pytest.mark.parametrize("word", ["Q4_K_M", "Q8_0"])
def test_gguf_says_what_its_name_says(tmp_path: Path, word: str) -> None:
    path = tmp_path / f"pocket.{word}.gguf"
    write_gguf(path, SIZE, seed=1)
    with path.open("rb") as file:
        header = read_gguf(file, path.stat().st_size)
    assert (header.architecture, header.quantization, header.context_length) == ("llama", word, 8192)
    assert 0 <= path.stat().st_size - SIZE < 1000


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_safetensors(tmp_path / name, 1000, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()
