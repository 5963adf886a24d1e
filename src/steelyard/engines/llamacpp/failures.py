"""Why llama.cpp did not load, from its exit status and its last lines. Pure."""

import re
from collections.abc import Sequence

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import CannotLoad, EngineFailed, TooLarge
from steelyard.engines.failures import killed
from steelyard.engines.log import without_paths
from steelyard.engines.models import Weights

_REASON = re.compile(r"error loading model(?: \w+)*: (.+)$")
_ARCHITECTURE = re.compile(r"unknown model architecture: '([^']*)'")
_MEMORY = re.compile(r"failed to allocate|unable to allocate|bad_alloc|out of memory|MemoryError", re.IGNORECASE)
_SHORT = re.compile(
    r"not within the file bounds|corrupted or incomplete|failed to read|unexpectedly reached end", re.IGNORECASE
)
_TEMPLATE = "chat template parsing error"
_WRONG = re.compile(r"^Error: (.+)$|Parser Error: (.+)$")
_KILLED, _NO_SUCH_INSTRUCTION = -9, -4
_SHOWN = 5  # lines
_SMALLER = "Ask for less context, take a smaller quantisation, or unload other models."


def failure_of(status: int, lines: Sequence[str], weights: Weights) -> SteelyardError:
    """The error that tells people what to do next. No path is in it."""
    model, lines = weights.name, [without_paths(line, weights.path) for line in lines]
    text = "\n".join(lines)
    if _MEMORY.search(text):
        return TooLarge(f"llama.cpp got no memory for {model}.", hint=_SMALLER)
    if status == _KILLED:
        return killed("llama.cpp", model, _last(lines))
    if status == _NO_SUCH_INSTRUCTION:
        return CannotLoad(
            "This machine's processor lacks instructions that this build of llama.cpp needs (AVX2, FMA).",
            hint="Build xllamacpp on this machine, or take another machine.",
        )
    if known := _ARCHITECTURE.search(text):
        return CannotLoad(
            f"llama.cpp does not know the architecture {known[1]!r} of {model}.",
            hint="Take another model or another engine: steelyard engines lists them.",
        )
    if _SHORT.search(text):
        return CannotLoad(
            f"The file of {model} is cut short or damaged.",
            hint=f"Check it with: steelyard verify {model}; then pull it again.",
        )
    if _TEMPLATE in text:
        reasons = [match[1] or match[2] for line in lines if (match := _WRONG.search(line))]
        return CannotLoad(
            f"The chat template of {model} cannot be used: {reasons[-1] if reasons else 'it is no valid Jinja'}.",
            hint="Pull another file of the model: the template stands in the file.",
        )
    if found := [match[1] for line in lines if (match := _REASON.search(line))]:
        return CannotLoad(
            f"llama.cpp cannot load {model}: {found[-1]}.",
            hint="Pull another file of the model, or another model.",
        )
    return EngineFailed(
        f"llama.cpp ended while it loaded {model}: {_last(lines)}", hint="Try again; look into the server's log."
    )


def _last(lines: Sequence[str]) -> str:
    return " / ".join(lines[-_SHOWN:]) or "it wrote nothing"
