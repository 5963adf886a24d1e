"""Files that are models by their form and noise by their content."""

from collections.abc import Callable
from pathlib import Path

from steelyard.testing.hub import Blob
from steelyard.testing.weights import Tensor, Value, gguf_head, safetensors_head

Writer = Callable[[Path, int, int], None]
_CONTEXT = 8192
_TYPES = {"q4_k_m": ("Q4_K", 15, 256, 144), "q8_0": ("Q8_0", 7, 32, 34)}  # element, file type, block, bytes of a block


def write_safetensors(path: Path, size: int, seed: int) -> None:
    """One tensor of 16-bit numbers that fills ``size`` bytes, or one byte more."""
    head, data = safetensors_head({"model.weight": Tensor((-(-size // 2),), "BF16")}, {"format": "pt"})
    _write(path, head, data, seed)


def write_gguf(path: Path, size: int, seed: int) -> None:
    """One tensor of the quantisation that the name says, of ``size`` bytes or just above."""
    word = next((word for word in _TYPES if word in path.name.lower()), "q8_0")
    element, file_type, block, bytes_of_block = _TYPES[word]
    named: dict[str, Value] = {
        "general.architecture": "llama", "general.file_type": file_type, "llama.context_length": _CONTEXT,
    }  # fmt: skip
    head, data = gguf_head(named, {"token_embd.weight": Tensor((block, -(-size // bytes_of_block)), element)})
    _write(path, head, data, seed)


def _write(path: Path, head: bytes, size: int, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(head)
        file.writelines(Blob(size, seed).chunks())
