"""Files that the hub's clients refuse to fetch over plain HTTP."""

from collections.abc import Iterator

from steelyard.cli.mirror.finding import Finding, doubt
from steelyard.cli.mirror.observed import Observed
from steelyard.core.units import format_size

NAME = "large files"
LARGEST = 50 * 1000**3  # huggingface_hub.constants.MAX_HTTP_DOWNLOAD_SIZE


def check(seen: Observed) -> Iterator[Finding]:
    """The largest of them."""
    large = [file for file in seen.model.files if file.size > LARGEST] if seen.model else []
    if large:
        most = max(large, key=lambda file: file.size)
        detail = f"{most.path} has {format_size(most.size)}: clients fetch at most 50 GB over plain HTTP"
        remedy = "Pull it with `steelyard pull` and read it from the shared store (docs/how-to/mirror.md)."
        yield doubt(NAME, detail, remedy)
