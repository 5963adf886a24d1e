"""What counting must know of words: what a type means, and which parameters an event names. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard.usage.events import NOT_REQUESTS, USES, EventType
from steelyard.usage.rows import Row, is_common, is_of_people

_COUNTED_PARAMETERS = 16  # of one event
_LONGEST_NAME = 64  # characters; with the longest value 97 in all
MOST_VALUES = 200  # words of one name; whatever has more is a number or an id in all but its looks
MOST_NAMES = 1_000  # that anybody has counted; whoever makes up names must not fill the dictionary
_OTHER = "…"
OTHER_NAMES = f"{_OTHER}={_OTHER}"  # stands for all parameters whose names came later


@dataclass(frozen=True, slots=True)
class Kind:
    """What events of one type are counted as."""

    text: str
    is_request: bool
    is_generation: bool
    is_pull: bool
    is_start: bool  # no request when it has an id and no outcome: its end will be one
    outcome: bool | None  # of an event that does not say whether it went well


@dataclass(frozen=True, slots=True)
class Spelled:
    """The words of some rows.

    ``kinds`` by the number of the type; ``shared`` has for the number of a PARAMETERS word those of its PARAMETER
    words; ``values`` has the PARAMETER words by text. A parameter that is no word yet is not counted,
    or as ``name=…`` where its name has as many words as it may have, or none since there are enough names.
    """

    kinds: Mapping[int, Kind]
    shared: Mapping[int, Sequence[int]] = field(default_factory=dict)
    values: Mapping[str, int] = field(default_factory=dict)

    def parameters_of(self, row: Row) -> Sequence[int]:
        """The PARAMETER words of a row."""
        if row.parameter_word is not None:
            return self.shared[row.parameter_word]
        return numbers_of(parameter_texts(row.parameters), self.values)


def kind_of(text: str) -> Kind:
    """What events of this type are counted as; any name that we do not know is a request."""
    outcome = {EventType.GENERATION_COMPLETED.value: True, EventType.GENERATION_FAILED.value: False}.get(text)
    return Kind(
        text=text,
        is_request=text not in NOT_REQUESTS,
        is_generation=text in USES,
        is_pull=text == EventType.MODEL_DOWNLOAD,
        is_start=text == EventType.GENERATION_REQUEST,
        outcome=outcome,
    )


def parameter_texts(parameters: Any) -> list[str]:
    """The parameters of an event that statistics count, as ``name=value``; no prompts, seeds and ids."""
    if not isinstance(parameters, dict):
        return []
    names = sorted(name for name, value in parameters.items() if _is_counted(name, value))
    return [f"{name}={_plain(parameters[name])}" for name in names[:_COUNTED_PARAMETERS]]


def numbers_of(texts: Iterable[str], values: Mapping[str, int]) -> list[int]:
    """The PARAMETER words that these texts are counted as, of those that are known."""
    found = (values.get(text, values.get(other_of(text))) for text in texts)
    return [number for number in found if number is not None]


def other_of(text: str) -> str:
    """The PARAMETER word of all values of a name that have none of their own."""
    return f"{text.partition('=')[0]}={_OTHER}"


def within_limit(unknown: Iterable[str], known: Iterable[str]) -> set[str]:
    """What may become words of texts that are none: 200 of each name, then the one that stands for all others; and as
    many names, then ``OTHER_NAMES``.

    These two are for ever: an event is taken out of the sheets as what it was counted as. So no name is new any more
    once there is a word for the others.
    """
    counts = Counter(map(other_of, known))
    found: set[str] = set()
    for text in sorted(unknown):
        other = other_of(text)
        if other not in counts and (len(counts) >= MOST_NAMES or OTHER_NAMES in counts):
            other = text = OTHER_NAMES
        found.add(text if counts[other] < MOST_VALUES else other)
        counts[other] += 1
    return found


def texts_of_word(word: str) -> list[str]:
    """The same of the text of a PARAMETERS word."""
    return parameter_texts(json.loads(word))


def all_texts(rows: Iterable[Row], shared: Iterable[str]) -> set[str]:
    """Every PARAMETER word that rows and these PARAMETERS words need."""
    found = {text for word in shared for text in texts_of_word(word)}
    for row in rows:
        if row.parameters is not None:
            found.update(parameter_texts(row.parameters))
    return found


def _is_counted(name: str, value: Any) -> bool:
    if len(name) > _LONGEST_NAME or "\0" in name or name == _OTHER or is_of_people(name):
        return False
    return value != _OTHER and is_common(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
