"""The made-up files have the form of models."""

import json
import struct
from pathlib import Path

from steelyard.testing.demo.weights import write_gguf, write_safetensors


def test_safetensors_describe_exactly_the_bytes_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_safetensors(file, 1000, seed=1)
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert header["noise"]["data_offsets"] == [0, 1000]
    assert len(data) == 8 + length + 1000


def test_gguf_begins_with_its_magic_version_and_one_entry(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    write_gguf(file, 1000, seed=1)
    magic, version, tensors, entries = struct.unpack("<4sIQQ", file.read_bytes()[:24])
    assert (magic, version, tensors, entries) == (b"GGUF", 3, 0, 1)
    assert b"general.architecture" in file.read_bytes()[:100]


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_safetensors(tmp_path / name, 1000, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()
