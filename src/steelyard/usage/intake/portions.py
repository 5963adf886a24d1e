"""A batch in portions, each with all that can be done before its transaction: that one is to be short. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from steelyard.usage.intake.checking import Line
from steelyard.usage.keys import DAY_MS, EventKeys
from steelyard.usage.rows import Row
from steelyard.usage.words import Word, WordKind, cut

SIZE = 2_000  # 25 ms of SQLite's time; of half as many each took a third longer
_TYPE, _MODEL, _ADDRESS = int(WordKind.TYPE), int(WordKind.MODEL), int(WordKind.ADDRESS)
_AGENT, _ERROR, _PARAMETERS = int(WordKind.AGENT), int(WordKind.ERROR), int(WordKind.PARAMETERS)
Numbers = Mapping[Word, int]


@dataclass(slots=True)
class Portion:
    """Some lines of a batch. ``named``: by UTC day since 1970 and by the hash of their id, the place of each line;
    ``unnamed``: the places of those without an id. ``rows`` where all words are known already."""

    lines: Sequence[Line]
    words: set[Word]
    named: dict[int, dict[int, int]] = field(default_factory=dict)
    unnamed: list[int] = field(default_factory=list)
    rows: list[Row] | None = None

    @property
    def is_distinct(self) -> bool:
        """Whether no id stands in it twice."""
        return len(self.unnamed) + sum(map(len, self.named.values())) == len(self.lines)


def portions_of(lines: Sequence[Line], known: Numbers, keys: EventKeys) -> list[Portion]:
    """A batch in portions; ``known`` are words with their numbers, as far as they are remembered."""
    return [_portion(lines[start : start + SIZE], known, keys) for start in range(0, len(lines), SIZE)]


def _portion(lines: Sequence[Line], known: Numbers, keys: EventKeys) -> Portion:
    portion = Portion(lines, words_of(lines))
    for place, line in enumerate(lines):
        if line.event.id is None:
            portion.unnamed.append(place)
        else:
            portion.named.setdefault(line.at_ms // DAY_MS, {}).setdefault(hash_of(line.event.id), place)
    if portion.words <= known.keys():
        portion.rows = rows_of_lines(lines, known, keys)
    return portion


def hash_of(text: str) -> int:
    """64 bits of an id, as a signed number."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def words_of(lines: Iterable[Line]) -> set[Word]:
    """The words that the rows of these lines refer to."""
    columns = zip(*lines, strict=True)
    events, _, types, models, _, addresses, agents, parameters = columns
    texts = (
        (_TYPE, types), (_MODEL, models), (_ADDRESS, addresses), (_AGENT, agents),
        (_ERROR, [event.error_code for event in events]), (_PARAMETERS, [each.shared for each in parameters]),
    )  # fmt: skip
    return {(kind, cut(text)) for kind, some in texts for text in set(some) if text is not None}


def rows_of_lines(lines: Iterable[Line], known: Numbers, keys: EventKeys) -> list[Row]:
    """The rows of lines; ``known`` has all their words."""
    return [_row(keys.key(line.at_ms), line, known) for line in lines]


def _row(key: int, line: Line, known: Numbers) -> Row:
    event, _, kind, model, principal, address, agent, parameters = line
    error, shared = event.error_code, parameters.shared
    return Row(
        key, known[_TYPE, kind], None if model is None else known[_MODEL, cut(model)], principal,
        None if address is None else known[_ADDRESS, cut(address)],
        None if agent is None else known[_AGENT, cut(agent)],
        event.success, None if error is None else known[_ERROR, cut(error)], event.request_id, event.session,
        _us(event.duration_ms), _us(event.queue_ms), _us(event.load_ms), _us(event.first_token_ms),
        event.tokens_in, event.tokens_out, event.bytes_in, event.bytes_out, event.vram_mb, event.gpu_utilization, None,
        None if shared is None else known[_PARAMETERS, shared], parameters.own,
    )  # fmt: skip


def _us(milliseconds: float | None) -> int | None:
    return None if milliseconds is None else round(milliseconds * 1000)
