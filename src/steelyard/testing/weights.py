"""Valid weights files in a few kilobytes: GGUF and safetensors with any metadata and any tensors, filled with noise.

gguf_bytes({"general.architecture": "llama", "llama.context_length": 4096}, {"a.weight": Tensor((32, 4), "Q8_0")})
safetensors_bytes({"a.weight": Tensor((2, 3), "BF16")})
"""

import hashlib
import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Value = str | bool | int | float | Sequence[str] | Sequence[int] | Sequence[float]
ALIGNMENT = 32
_GGML = {  # number in ggml's table, elements of a block, bytes of a block
    "F32": (0, 1, 4), "F16": (1, 1, 2), "Q4_0": (2, 32, 18), "Q8_0": (8, 32, 34), "Q4_K": (12, 256, 144),
    "Q6_K": (14, 256, 210), "BF16": (30, 1, 2), "MXFP4": (39, 32, 17),
}  # fmt: skip
_BITS = {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F8_E4M3": 8, "I8": 8, "U8": 8, "I32": 32, "I64": 64, "F4": 4}


@dataclass(frozen=True, slots=True)
class Tensor:
    """Its shape and its element type, in the words of the format that it is written in."""

    shape: tuple[int, ...]
    dtype: str = "F32"


def gguf_bytes(
    metadata: Mapping[str, Value] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
    *,
    version: int = 3,
    seed: int = 0,
) -> bytes:
    """A whole GGUF file."""
    head, size = gguf_head(metadata, tensors, version=version)
    return head + _noise(size, seed)


def gguf_head(
    metadata: Mapping[str, Value] | None = None, tensors: Mapping[str, Tensor] | None = None, *, version: int = 3
) -> tuple[bytes, int]:
    """Everything before the data, padding included, and how many bytes of data follow. Format: ggml ``docs/gguf.md``.

    An integer is written as 32 bits where it fits, else as 64.
    """
    metadata, tensors = metadata or {}, tensors or {}
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(gguf_string(key) + _value(value) for key, value in metadata.items())
    offset = 0
    for name, tensor in tensors.items():
        number, block, size = _GGML[tensor.dtype]
        shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        head += gguf_string(name) + shape + struct.pack("<IQ", number, offset)
        offset = _aligned(offset + math.prod(tensor.shape) // block * size)
    return head.ljust(_aligned(len(head)), b"\0"), offset


def gguf_string(text: str | bytes) -> bytes:
    """A text as GGUF writes it: its length in 8 bytes, then its bytes."""
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def safetensors_bytes(
    tensors: Mapping[str, Tensor] | None = None, metadata: Mapping[str, str] | None = None, *, seed: int = 0
) -> bytes:
    """A whole safetensors file."""
    head, size = safetensors_head(tensors, metadata)
    return head + _noise(size, seed)


def safetensors_head(
    tensors: Mapping[str, Tensor] | None = None, metadata: Mapping[str, str] | None = None
) -> tuple[bytes, int]:
    """Everything before the data, and how many bytes of data follow."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for name, tensor in (tensors or {}).items():
        end = offset + math.prod(tensor.shape) * _BITS[tensor.dtype] // 8
        header[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    return safetensors_header(json.dumps(header)), offset


def safetensors_header(text: str | bytes) -> bytes:
    """Any header text with its length before it, padded to eight bytes as the library does."""
    data = text.encode() if isinstance(text, str) else text
    data = data.ljust(-(-len(data) // 8) * 8)
    return struct.pack("<Q", len(data)) + data


def vocabulary(size: int) -> dict[str, Value]:
    """The metadata of a tokenizer: ``size`` tokens with their scores and types, and nearly as many merges."""
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": [f"token{number}" for number in range(size)],
        "tokenizer.ggml.scores": [float(number) for number in range(size)],
        "tokenizer.ggml.token_type": [1] * size,
        "tokenizer.ggml.merges": [f"tok en{number}" for number in range(size - 1)],
    }


def _value(value: Value) -> bytes:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return struct.pack("<I", 9) + _array(value)
    kind, data = _scalar(value)
    return struct.pack("<I", kind) + data


def _array(values: Sequence[str] | Sequence[int] | Sequence[float]) -> bytes:
    """Whole numbers in an array are signed, as the format's own writer has them and llama.cpp wants them."""
    items = [(5, struct.pack("<i", value)) if type(value) is int else _scalar(value) for value in values]
    kind = items[0][0] if items else 4
    return struct.pack("<IQ", kind, len(items)) + b"".join(data for _, data in items)


def _scalar(value: str | bool | int | float) -> tuple[int, bytes]:
    """The number of its type in the format's table, and its bytes."""
    if isinstance(value, str):
        return 8, gguf_string(value)
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    return (4, struct.pack("<I", value)) if 0 <= value < 2**32 else (11, struct.pack("<q", value))


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _noise(size: int, seed: int) -> bytes:
    return hashlib.shake_128(f"weights:{seed}".encode()).digest(size)


def shards(names: Iterable[str], width: int = 8) -> dict[str, bytes]:
    """One small safetensors file for each name, each with other bytes."""
    return {
        name: safetensors_bytes({f"layer{number}.weight": Tensor((width, width), "BF16")}, seed=number)
        for number, name in enumerate(names)
    }
