"""Parameters of reported events: read, without what is not kept, and with what has no column of its own."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from steelyard.usage.depth import MOST_LEVELS, is_deep
from steelyard.usage.intake.reported import UNREADABLE, told
from steelyard.usage.rows import shared_parameters

MOST_BYTES = 8_192  # of one event's parameters
_WORDS = ("prompt", "negative_prompt")
_LONGEST_WORDS = 2_000  # characters, as much as the depot keeps of its own requests
_SHARED_FROM = 3  # whoever sends a new number each time would fill the dictionary
_REMEMBERED = 5_000
_NOTHING = (b"", b"null")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Wrong(Exception):
    """A line that cannot be taken, and why."""


class Parameters(NamedTuple):
    """``document``: as they are kept, None for none; ``shared``: as a word, when many events have them."""

    shared: str | None = None
    document: dict[str, Any] | None = None

    @property
    def own(self) -> dict[str, Any] | None:
        """What is kept with the event itself."""
        return self.document if self.shared is None else None

    def saying(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept with an event that says more than others with these parameters."""
        said = {name: value for name, value in more.items() if value is not None}
        return _cut({**(self.document or {}), **said})


NONE = Parameters()


class ParameterReader:
    """Reads each text once, and makes a word of what keeps coming. Any thread may use it."""

    def __init__(self, *, stores_prompts: bool) -> None:
        self._stores_prompts = stores_prompts
        self._lock = threading.Lock()
        self._known: dict[bytes, Parameters] = {}
        self._seen: Counter[bytes] = Counter()

    def read(self, texts: Iterable[bytes]) -> dict[bytes, Parameters | Wrong]:
        """The parameters in each of these texts, of which each stands for an event."""
        counts = Counter(texts)
        known = self._known
        return {text: known.get(text) or self._read(text, count) for text, count in counts.items()}

    @property
    def remembered(self) -> int:
        """How many different texts were seen lately."""
        return len(self._seen)

    def _read(self, text: bytes, count: int) -> Parameters | Wrong:
        try:
            document = _cut(self._document(text))
        except Wrong as wrong:
            return wrong
        shared = shared_parameters(document) if document else None
        if shared is None or not self._keeps_coming(text, count):
            return Parameters(None, document) if document else NONE
        found = Parameters(shared, document)
        with self._lock:
            self._known[text] = found
        return found

    def _keeps_coming(self, text: bytes, count: int) -> bool:
        with self._lock:
            if len(self._seen) >= _REMEMBERED:
                self._seen, self._known = Counter(), {}
            self._seen[text] += count
            return self._seen[text] >= _SHARED_FROM

    def _document(self, text: bytes) -> dict[str, Any]:
        if text in _NOTHING:
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


def texts_of(parameters: Sequence[msgspec.Raw], older: Sequence[msgspec.Raw]) -> list[bytes]:
    """What each event says under one of the two names of the field."""
    texts = list(map(bytes, parameters))
    if any(map(len, older)):
        return [text or bytes(other) for text, other in zip(texts, older, strict=True)]
    return texts


def _cut(document: dict[str, Any]) -> dict[str, Any]:
    for name in (*_WORDS, "error_message"):
        if isinstance(document.get(name), str):
            document[name] = document[name][:_LONGEST_WORDS]
    return document
