"""The builder of valid weights, against the words of the formats' own documents."""

import json
import struct

from steelyard.testing.weights import Tensor, gguf_bytes, safetensors_bytes, vocabulary


def test_safetensors_as_the_format_describes_it() -> None:
    data = safetensors_bytes({"a": Tensor((2, 3), "BF16"), "b": Tensor((4,), "F32")}, {"format": "pt"})
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert header["__metadata__"] == {"format": "pt"}
    assert header["a"] == {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}
    assert header["b"]["data_offsets"] == [12, 28]
    assert len(data) == 8 + length + 28
    assert length % 8 == 0


def test_gguf_as_the_format_describes_it() -> None:
    data = gguf_bytes({"general.architecture": "llama"}, {"a": Tensor((256, 2), "Q4_K"), "b": Tensor((3,))})
    magic, version, tensors, entries = struct.unpack("<4sIQQ", data[:24])
    assert (magic, version, tensors, entries) == (b"GGUF", 3, 2, 1)
    assert data[24:].startswith(struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama")
    assert len(data) % 32 == 0
    head = len(data) - (2 * 144 + 32)  # the second tensor has 12 bytes, and the data ends at a multiple of 32
    assert data[:head].rstrip(b"\0").endswith(b"b" + struct.pack("<IQIQ", 1, 3, 0, 288).rstrip(b"\0"))


def test_a_vocabulary_and_a_seed() -> None:
    assert len(gguf_bytes(vocabulary(1000))) > 30_000
    assert gguf_bytes({}, {"a": Tensor((4,))}, seed=1) != gguf_bytes({}, {"a": Tensor((4,))}, seed=2)
