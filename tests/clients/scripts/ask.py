"""What huggingface_hub answers to each of some calls: ``[[name, {option: value}], …]`` comes in on standard input, and
``[{"value": …} or {"error": class, "message": text}, …]`` goes out on standard output.

Runs in the clients' own environments, so it must read the same to every version of the library. A name is a function
of ``HfApi``, or ``fs.`` and one of ``HfFileSystem``.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from huggingface_hub import HfApi, HfFileSystem


def answer(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The value of one call, or its error, whatever it is, by the name of its class."""
    try:
        value = _function(name)(**options)
        return {"value": list(value) if isinstance(value, Iterable) and not isinstance(value, KNOWN) else value}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


KNOWN = (str, bytes, dict)


def _function(name: str) -> Callable[..., Any]:
    space, _, method = name.rpartition(".")
    return getattr(HfFileSystem() if space else HfApi(), method)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return vars(value) if hasattr(value, "__dict__") else str(value)


if __name__ == "__main__":
    calls = json.load(sys.stdin)
    json.dump([answer(name, options) for name, options in calls], sys.stdout, default=_plain)
