"""What a chat template lets a model do, by the words that templates use. Pure."""

import re
from dataclasses import dataclass

LONGEST_TEMPLATE = 1024 * 1024  # bytes; the longest of known models have 30,000
_TOOLS = re.compile(r"\btools\b")
_THOUGHTS = ("think>", "[THINK]", "enable_thinking", "reasoning_effort", "reasoning_content", "thinking")


@dataclass(frozen=True, slots=True)
class Abilities:
    """``tools``: it is shown functions that it may call. ``thinking``: it knows thoughts apart from answers."""

    tools: bool = False
    thinking: bool = False


def abilities_of(template: str) -> Abilities:
    """What the text of a template, or of all that a model has, speaks of."""
    return Abilities(_TOOLS.search(template) is not None, any(word in template for word in _THOUGHTS))
