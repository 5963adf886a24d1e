"""Parameters of reported events: read, without what is not kept, and with what has no column of its own. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from steelyard.usage.depth import MOST_LEVELS, is_deep
from steelyard.usage.intake.reported import UNREADABLE, Reported, told
from steelyard.usage.rows import shared_parameters

MOST_BYTES = 8_192  # of one event's parameters
_WORDS = ("prompt", "negative_prompt")
_LONGEST_WORDS = 2_000  # characters, as much as the depot keeps of its own requests
_SHARED_FROM = 3  # whoever sends a new number each time would fill the dictionary
_REMEMBERED = 5_000
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Wrong(Exception):
    """A line that cannot be taken, and why."""


class Parameters(NamedTuple):
    """As a word that many events share, or an event's own; neither for none."""

    shared: str | None = None
    own: dict[str, Any] | None = None


NONE = Parameters()


class ParameterReader:
    """Reads each text once, and makes a word of what keeps coming."""

    def __init__(self, *, stores_prompts: bool) -> None:
        self._stores_prompts = stores_prompts
        self._known: dict[bytes, Parameters] = {}
        self._seen: dict[bytes, int] = {}

    def read(self, event: Reported) -> Parameters:
        """The parameters of an event. Raises Wrong."""
        text = bytes(event.parameters) or bytes(event.generation_params)
        if event.generation_speed is not None or event.error_message is not None:
            more = {"generation_speed": event.generation_speed, "error_message": event.error_message}
            return Parameters(own=_cut({**self._document(text), **_said(more)}))
        if not text or text == b"null":
            return NONE
        return self._known.get(text) or self._met(text)

    def _met(self, text: bytes) -> Parameters:
        document = _cut(self._document(text))
        found = Parameters(shared_parameters(document) if document else None, document or None)
        if found.shared is None:
            return found
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
            self._known.clear()
        self._seen[text] = self._seen.get(text, 0) + 1
        if self._seen[text] < _SHARED_FROM:
            return Parameters(own=document)
        self._known[text] = Parameters(shared=found.shared)
        return self._known[text]

    def _document(self, text: bytes) -> dict[str, Any]:
        if not text or text == b"null":
            return {}
        if len(text) > MOST_BYTES:
            raise Wrong(f"Parameters have at most {MOST_BYTES} bytes")
        if b"\\u0000" in text:
            raise Wrong("A NUL character stands in the parameters")
        try:
            document: dict[str, Any] = _decode(text)
        except UNREADABLE as error:
            raise Wrong(f"parameters: {told(error)}") from error
        if is_deep(document):
            raise Wrong(f"Parameters are nested at most {MOST_LEVELS} levels deep")
        return document if self._stores_prompts else {name: document[name] for name in document if name not in _WORDS}


def _said(more: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in more.items() if value is not None}


def _cut(document: dict[str, Any]) -> dict[str, Any]:
    for name in (*_WORDS, "error_message"):
        if isinstance(document.get(name), str):
            document[name] = document[name][:_LONGEST_WORDS]
    return document
