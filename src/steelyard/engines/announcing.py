"""How a child of ours says that it is ready: in a line of its output, marked with a word that it was given.

Libraries write to the same output from threads of their own, so the mark may stand anywhere in a line; and what a
model's file makes them write cannot have it.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

VARIABLE = "STEELYARD_ENGINE_MARK"


def announce(**facts: str) -> None:
    """Say it, in the child: in one piece, so that no other thread's words come in between."""
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), f"\n{os.environ[VARIABLE]}{json.dumps(facts)}\n".encode())


def announced_in(line: str, mark: str) -> Mapping[str, Any] | None:
    """What a line of a child's output says, if it says it: the mark alone is no word."""
    _, found, rest = line.partition(mark)
    try:
        said = json.loads(rest) if found else None
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
