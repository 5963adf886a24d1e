"""Models for tests of engines."""

from pathlib import Path

from steelyard.engines.models import KvShape, Task, Weights
from steelyard.testing.minilm import minilm_folder
from steelyard.testing.tinymodel import TINY, Size, write_gguf


def gguf(folder: Path, size: Size = TINY, name: str = "acme/tiny") -> Weights:
    """The seeded model as GGUF."""
    path = write_gguf(folder / f"{size.hidden}.gguf", size)
    kv = KvShape(size.layers, size.kv_heads, size.head_size)
    return Weights(name, name, path, "gguf", path.stat().st_size, kv=kv, context_length=size.context)


def minilm() -> Weights | None:
    """Real weights for vectors, as sentence-transformers keeps them; None where the package is not installed."""
    folder = minilm_folder()
    if folder is None:
        return None
    size = (folder / "model.safetensors").stat().st_size
    return Weights("minilm", "minilm", folder, "safetensors", size, Task.EMBED, context_length=512, is_bert=True)
