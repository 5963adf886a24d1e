"""Files that are models by their form and noise by their content."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

from steelyard.testing.hub import Blob

Writer = Callable[[Path, int, int], None]
_GGUF_VERSION = 3
_GGUF_STRING = 8  # the number of the type in the format's table


def write_safetensors(path: Path, size: int, seed: int) -> None:
    """One tensor of ``size`` bytes. Format: 8 bytes with the header's length, the header in JSON, the data."""
    tensor = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "noise": tensor}).encode()
    _write(path, struct.pack("<Q", len(header)) + header, size, seed)


def write_gguf(path: Path, size: int, seed: int) -> None:
    """A header that names an architecture, no tensors, ``size`` bytes. Format: ggml's ``docs/gguf.md``."""
    head = b"GGUF" + struct.pack("<IQQ", _GGUF_VERSION, 0, 1)
    entry = _string(b"general.architecture") + struct.pack("<I", _GGUF_STRING) + _string(b"llama")
    _write(path, head + entry, size, seed)


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def _write(path: Path, head: bytes, size: int, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.writelines(Blob(size, seed).chunks())
