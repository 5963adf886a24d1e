"""Run by test_inspect_hostile: reads every file of a folder with little memory to spare, and says what came of each.

The limit stands before the first file is read and is counted from what the interpreter and the readers take by then.
"""

import json
import resource
import sys
from pathlib import Path
from typing import BinaryIO

from steelyard.catalog.inspect.card import LONGEST as LONGEST_CARD
from steelyard.catalog.inspect.card import read_license
from steelyard.catalog.inspect.config import LONGEST as LONGEST_CONFIG
from steelyard.catalog.inspect.config import read_config
from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.gguf import read_gguf
from steelyard.catalog.inspect.safetensors import read_safetensors


def main(folder: Path, spare: int) -> None:
    """Print one line of JSON for each file: its name, and the reason or null."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + spare
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for path in sorted(folder.iterdir()):
        sys.stdout.write(json.dumps([path.name, _reason(path)]) + "\n")


def _reason(path: Path) -> str | None:
    with path.open("rb", buffering=0) as file:
        try:
            _read(path.suffix, file, path.stat().st_size)
        except BadHeader as error:
            return str(error)
    return None


def _read(suffix: str, file: BinaryIO, size: int) -> None:
    if suffix == ".gguf":
        read_gguf(file, size)
    elif suffix == ".safetensors":
        read_safetensors(file, size)
    elif suffix == ".json":
        read_config(file.read(LONGEST_CONFIG + 1))
    else:
        read_license(file.read(LONGEST_CARD))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
