"""What a client says of itself in its User-Agent: ``name/version; hf_hub/2.4.0; python/3.11.7; …; origin/alice``.

huggingface_hub writes it (``utils/_headers.py``); libraries on top add ``transformers/5.23.0; session_id/<hex>``.
Anybody can write anything there, so nothing of it raises, and every part has an end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from steelyard.identity.names import InvalidName, clean_name

_MAX_TEXT = 4096  # characters of the header that are read
_MAX_PART = 80
_SESSION = re.compile(r"[0-9A-Fa-f-]{8,64}")
_VALUE = re.compile(r"[!-~]{1,80}")
# The library nearest to the person first: vLLM loads through transformers, and that through huggingface_hub.
_LIBRARIES = ("vllm", "diffusers", "transformers", "datasets", "sentence-transformers", "huggingface-cli", "hf")
_PIPELINE = "pipeline_class"  # all that diffusers says of itself when it brings a whole pipeline
_NOT_SAID = frozenset({"none", "unknown", ""})


@dataclass(frozen=True, slots=True)
class Agent:
    """Who calls. ``library`` is a product and its version; ``agent`` the AI agent that runs it; None: not said."""

    library: str | None = None
    hub: str | None = None
    session: str | None = None
    origin: str | None = None
    agent: str | None = None

    @property
    def is_ai_agent(self) -> bool:
        """Whether a program that writes programs runs the client."""
        return self.agent is not None


def read_agent(header: str | None) -> Agent:
    """Read a User-Agent. Never raises: what cannot be read is None."""
    parts = list(_parts((header or "")[:_MAX_TEXT]))
    said = dict(reversed(parts))  # the first of two that have the same name
    return Agent(
        library=_library(parts, said),
        hub=_plain(said.get("hf_hub")),
        session=_matching(_SESSION, said.get("session_id")),
        origin=_origin(said.get("origin")),
        agent=_plain(said.get("agent")),
    )


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(";"):
        name, slash, value = part.strip().partition("/")
        if slash and name:
            yield name.strip().lower(), value.strip()


def _library(parts: list[tuple[str, str]], said: dict[str, str]) -> str | None:
    first = parts[0][0] if parts else ""
    name = next((name for name in _LIBRARIES if name in said), "diffusers" if _PIPELINE in said else first)
    if name in _NOT_SAID or name == "hf_hub" or _plain(name) is None:
        return None
    version = _plain(said.get(name, "").split(" ")[0])
    return f"{name}/{version}"[:_MAX_PART] if version else name[:_MAX_PART]


def _plain(value: str | None) -> str | None:
    found = _matching(_VALUE, value)
    return None if found is None or found.lower() in _NOT_SAID else found


def _matching(pattern: re.Pattern[str], value: str | None) -> str | None:
    return value if value is not None and pattern.fullmatch(value) else None


def _origin(value: str | None) -> str | None:
    """The self-declared name, percent-encoded where it is not ASCII."""
    try:
        return None if value is None else clean_name(unquote(value, errors="strict"))
    except (InvalidName, UnicodeDecodeError):
        return None
