"""Events as rows of the log: words as numbers, durations in whole microseconds, the time in the key. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from steelyard.usage.depth import readable
from steelyard.usage.events import Event
from steelyard.usage.keys import at_ms_of
from steelyard.usage.words import Word, WordKind, cut

_TYPE, _MODEL, _ADDRESS = int(WordKind.TYPE), int(WordKind.MODEL), int(WordKind.ADDRESS)
_AGENT, _ERROR, _PARAMETERS = int(WordKind.AGENT), int(WordKind.ERROR), int(WordKind.PARAMETERS)
_LONGEST_SHARED = 160  # characters of the JSON text
_LONGEST_WORD = 32  # characters of one value
_GREATEST = 4096  # a larger number is a seed, a size or an id, which no other event has
_DECIMALS = 2
_ID = re.compile(r"[0-9A-Fa-f-]{16,}")
_MOST_DIGITS = 8  # of a text; a time or a number of a request has more
_MANY_DIGITS = re.compile(rf"(?:[0-9][^0-9]*){{{_MOST_DIGITS + 1}}}")
# Never kept apart from their event: they can be forgotten. Speeds are no choice of anybody, and all of them differ.
_WORDS_OF_PEOPLE = frozenset({"prompt", "negative_prompt", "error_message", "generation_speed"})
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


class Row(NamedTuple):
    """One row of ``usage_hot`` or ``usage_log``, its columns in the order of the table."""

    id: int
    type: int
    model: int | None = None
    principal: int | None = None
    address: int | None = None
    agent: int | None = None
    success: bool | None = None
    error_code: int | None = None
    request: str | None = None
    session: str | None = None
    duration_us: int | None = None
    queue_us: int | None = None
    load_us: int | None = None
    first_token_us: int | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    vram_mb: float | None = None
    gpu_utilization: float | None = None
    repeated: bool | None = None
    parameter_word: int | None = None
    parameters: Any = None


def words_of(event: Event) -> list[Word]:
    """The words that the row of an event refers to."""
    found: list[Word] = [(_TYPE, cut(event.type))]
    if event.model is not None:
        found.append((_MODEL, cut(event.model)))
    if event.address is not None:
        found.append((_ADDRESS, cut(event.address)))
    if event.agent is not None:
        found.append((_AGENT, cut(event.agent)))
    if event.error_code is not None:
        found.append((_ERROR, cut(event.error_code)))
    if event.parameters and (shared := shared_parameters(event.parameters)) is not None:
        found.append((_PARAMETERS, shared))
    return found


def row_of(key: int, event: Event, numbers: Mapping[Word, int]) -> Row:
    """The row of an event; ``numbers`` has every word of ``words_of``. Raises TooDeep."""
    shared = shared_parameters(event.parameters) if event.parameters else None
    return Row(
        key, numbers[_TYPE, cut(event.type)], _number(numbers, _MODEL, event.model), event.principal,
        _number(numbers, _ADDRESS, event.address), _number(numbers, _AGENT, event.agent), event.success,
        _number(numbers, _ERROR, event.error_code), event.request, event.session, _us(event.duration_ms),
        _us(event.queue_ms), _us(event.load_ms), _us(event.first_token_ms), event.tokens_in, event.tokens_out,
        event.bytes_in, event.bytes_out, event.vram_mb, event.gpu_utilization, event.repeated,
        None if shared is None else numbers[_PARAMETERS, shared],
        readable(event.parameters) if shared is None else None,
    )  # fmt: skip


def numbers_in(row: Row) -> list[int]:
    """The words that a row refers to."""
    some = (row.type, row.model, row.address, row.agent, row.error_code, row.parameter_word)
    return [number for number in some if number is not None]


def event_of(row: Row, texts: Mapping[int, str]) -> Event:
    """The event of a row; ``texts`` has every word of ``numbers_in``."""
    return Event(
        at=datetime.fromtimestamp(at_ms_of(row.id) / 1000, UTC), type=texts[row.type], model=_text(texts, row.model),
        principal=row.principal, address=_text(texts, row.address), agent=_text(texts, row.agent),
        success=row.success, error_code=_text(texts, row.error_code), request=row.request, session=row.session,
        duration_ms=_ms(row.duration_us), queue_ms=_ms(row.queue_us), load_ms=_ms(row.load_us),
        first_token_ms=_ms(row.first_token_us), tokens_in=row.tokens_in, tokens_out=row.tokens_out,
        bytes_in=row.bytes_in, bytes_out=row.bytes_out, vram_mb=row.vram_mb, gpu_utilization=row.gpu_utilization,
        repeated=row.repeated, parameters=parameters_in(row, texts),
    )  # fmt: skip


def parameters_in(row: Row, texts: Mapping[int, str]) -> Any:
    """The parameters of a row, wherever they lie."""
    return row.parameters if row.parameter_word is None else json.loads(texts.get(row.parameter_word, "null"))


def shared_parameters(parameters: Mapping[str, Any]) -> str | None:
    """Parameters as a word, when they look like many events will have just these; None for prompts, seeds and ids."""
    if parameters.keys() & _WORDS_OF_PEOPLE or not all(map(is_common, parameters.values())):
        return None
    text = _encode(parameters)
    return text if len(text) <= _LONGEST_SHARED else None


def is_of_people(name: str) -> bool:
    """Whether the parameter of this name holds words that somebody wrote."""
    return name in _WORDS_OF_PEOPLE


def is_common(value: Any) -> bool:
    """Whether many events may have just this value."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return len(value) <= _LONGEST_WORD and "\0" not in value and not _is_id(value)
    if isinstance(value, int):
        return abs(value) <= _GREATEST
    return isinstance(value, float) and abs(value) <= _GREATEST and value == round(value, _DECIMALS)


def _is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None or _MANY_DIGITS.search(text) is not None


def _number(numbers: Mapping[Word, int], kind: int, text: str | None) -> int | None:
    return None if text is None else numbers[kind, cut(text)]


def _text(texts: Mapping[int, str], number: int | None) -> str | None:
    return None if number is None else texts.get(number)  # a page of events must not fail for a word that is gone


def _us(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1000)


def _ms(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1000
