"""Which files come within a commit, and which by themselves. Pure.

Small texts come within; what is large, or holds anything but text, is sent alone, and named by its SHA-256.
"""

import codecs
from fnmatch import fnmatch
from typing import Literal

from steelyard.catalog.status import PICKLE_SUFFIXES
from steelyard.downloads.push.models import MAX_REGULAR_BYTES

Mode = Literal["lfs", "regular"]
# Those of the hub's own ``.gitattributes``, and what else holds weights or can run code.
_SUFFIXES = (
    "7z", "arrow", "bin", "bz2", "ckpt", "ftz", "gguf", "gz", "h5", "joblib", "mlmodel", "model", "msgpack", "npy",
    "npz", "onnx", "ot", "parquet", "pb", "pickle", "pkl", "pt", "pth", "rar", "safetensors", "tar", "tflite", "tgz",
    "wasm", "xz", "zip", "zst",
)  # fmt: skip
_PATTERNS = (*(f"*.{suffix}" for suffix in _SUFFIXES), "saved_model/**/*", "*tfevents*", "*.lfs.*", "*.tar.*")
GITATTRIBUTES = "".join(f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in _PATTERNS).encode()


def mode_of(path: str, size: int, sample: bytes) -> Mode:
    """How a file comes; ``sample`` is its beginning. An empty file is always regular, as clients have it."""
    if size == 0:
        return "regular"
    name = path.lower()
    by_name = name.endswith(PICKLE_SUFFIXES) or any(fnmatch(name, pattern) for pattern in _PATTERNS)
    return "lfs" if by_name or size > MAX_REGULAR_BYTES or not _is_text(sample) else "regular"


def _is_text(sample: bytes) -> bool:
    """UTF-8 without NUL; the sample may end within a letter."""
    if b"\x00" in sample:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
