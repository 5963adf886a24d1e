"""Which entries of the shelf look like models that answer, for lists. Files are looked at only when one is asked."""

from pathlib import Path

from steelyard.catalog.models import Entry, Revision
from steelyard.catalog.status import WEIGHTS
from steelyard.core.ref import Kind
from steelyard.engines.models import Weights
from steelyard.engines.registry import Engines
from steelyard.serving.pick import GGUF


def is_offered(entry: Entry, newest: Revision | None) -> bool:
    """Whether it has weights of a known kind. Folders of which nothing else is known are adapters or pictures."""
    is_known = entry.format == GGUF or entry.traits.architecture is not None
    return entry.name.kind is Kind.MODEL and newest is not None and entry.format in WEIGHTS and is_known


def refusal_of(entry: Entry, engines: Engines) -> str | None:
    """Why no engine of this depot answers for it, in words for people; None where one does.

    An engine that would, if it were usable, is named first: that can be mended.
    """
    name = str(entry.name)
    fit, passed = engines.sorted_out(
        Weights(
            name,
            name,
            Path(),
            entry.format or "",
            entry.size,
            context_length=entry.traits.context_length,
            architecture=entry.traits.architecture,
            is_private=entry.private,
        )
    )
    if fit:
        return None
    lacking = next((one for one in passed if one.is_lacking), None)
    if lacking is None:
        return "no engine of this depot runs such files"
    return f"it needs the engine {lacking.engine}: {lacking.reason}"
