"""The seeded model: the same each time, and the same numbers in both forms."""

import json
import struct
from pathlib import Path

from steelyard.testing.tinymodel import TINY, Size, write_folder, write_gguf


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    first, again, other = (write_gguf(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert first.stat().st_size < 500_000


def test_both_forms_have_the_same_numbers(tmp_path: Path) -> None:
    """In another order where llama.cpp turns other pairs of them."""
    gguf = write_gguf(tmp_path / "a.gguf").read_bytes()
    data = (write_folder(tmp_path / "folder") / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    size = sum(end - start for start, end in (told["data_offsets"] for told in header.values()))
    assert len(body) == size
    assert sorted(struct.iter_unpack("<f", gguf[-size:])) == sorted(struct.iter_unpack("<f", body))
    start, end = header["model.embed_tokens.weight"]["data_offsets"]
    assert gguf[-size:][start:end] == body[start:end]


def test_a_larger_one_takes_its_size(tmp_path: Path) -> None:
    size = Size(hidden=128, layers=3, heads=4, kv_heads=4, inner=256, tiled=True)
    assert (
        write_gguf(tmp_path / "large.gguf", size).stat().st_size > 2 * write_gguf(tmp_path / "tiny.gguf").stat().st_size
    )
    assert TINY.head_size == 16
