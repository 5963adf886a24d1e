"""A batch in portions, each with all that can be done before its transaction: that one is to be short. Pure."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from steelyard.db.sparse import is_used
from steelyard.usage.intake.checking import Column, Columns, Taken
from steelyard.usage.intake.pairing import Told, told_of
from steelyard.usage.keys import DAY_MS, EventKeys
from steelyard.usage.rows import Row
from steelyard.usage.words import Word, WordKind, cut

SIZE = 2_000  # 10 ms of SQLite's time
Numbers = Mapping[Word, int]
_AS_SENT = {
    "success": "success", "request": "request_id", "session": "session", "tokens_in": "tokens_in",
    "tokens_out": "tokens_out", "bytes_in": "bytes_in", "bytes_out": "bytes_out", "vram_mb": "vram_mb",
    "gpu_utilization": "gpu_utilization",
}  # fmt: skip
_DURATIONS = {
    "duration_us": "duration_ms", "queue_us": "queue_ms", "load_us": "load_ms", "first_token_us": "first_token_ms",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portion:
    """Some lines of a batch, as columns of the log; those without any value are left out.

    ``named``: by UTC day since 1970 and by the hash of their id, the place of each line; ``unnamed``: the places of
    those without an id. ``told``: what each says of its request, None where no line has one.
    """

    at_ms: Column
    columns: Columns
    told: Sequence[Told] | None = None
    named: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    unnamed: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.at_ms)

    @property
    def is_distinct(self) -> bool:
        """Whether no id stands in it twice."""
        return len(self.unnamed) + sum(map(len, self.named.values())) == len(self)

    def only(self, places: Sequence[int]) -> "Portion":
        """These lines of it, in this order."""
        return Portion(
            [self.at_ms[place] for place in places],
            {name: [column[place] for place in places] for name, column in self.columns.items()},
            None if self.told is None else [self.told[place] for place in places],
        )

    def by_key(self) -> "Portion":
        """The same in the order of the log."""
        keys = self.columns["id"]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return self if order == [*range(len(keys))] else self.only(order)

    def with_keys(self, keys: EventKeys) -> "Portion":
        """The same with other keys."""
        return replace(self, columns={**self.columns, "id": keys.keys(self.at_ms)})

    def rows(self) -> list[Row]:
        """Its lines as rows of the log."""
        nothing = [None] * len(self)
        return list(map(Row._make, zip(*(self.columns.get(name, nothing) for name in Row._fields), strict=True)))


def portions_of(taken: Taken, known: Numbers, keys: EventKeys) -> list[Portion]:
    """A batch in portions; ``known`` has all of ``words_of``."""
    columns = _columns(taken, known)
    told = told_of(taken) if "request" in columns else None
    return [_portion(taken, columns, told, keys, slice(at, at + SIZE)) for at in range(0, len(taken.at_ms), SIZE)]


def words_of(taken: Taken) -> set[Word]:
    """The words that the rows of these lines refer to."""
    return {(kind, cut(text)) for _, kind, column in _word_columns(taken) for text in set(column) if text is not None}


def hash_of(text: str) -> int:
    """64 bits of an id, as a signed number."""
    return hashes_of([text])[0]


def hashes_of(texts: Sequence[str]) -> tuple[int, ...]:
    """The same of many."""
    digests = [blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return struct.unpack(f">{len(digests)}q", b"".join(digests))


def _portion(taken: Taken, columns: Columns, told: Sequence[Told] | None, keys: EventKeys, some: slice) -> Portion:
    at_ms, ids = taken.at_ms[some], taken.said["id"][some]
    named: dict[int, dict[int, int]] = {}
    unnamed = [place for place, name in enumerate(ids) if name is None] if None in ids else []
    places = [place for place, name in enumerate(ids) if name is not None] if unnamed else range(len(ids))
    for place, each in zip(places, hashes_of([ids[place] for place in places]), strict=True):
        named.setdefault(at_ms[place] // DAY_MS, {}).setdefault(each, place)
    here = {"id": keys.keys(at_ms), **{name: column[some] for name, column in columns.items()}}
    return Portion(at_ms, here, told[some] if told else None, named, unnamed)


def _word_columns(taken: Taken) -> Iterable[tuple[str, int, Column]]:
    """The columns that hold words: their names, kinds and texts."""
    return (
        ("type", int(WordKind.TYPE), taken.types),
        ("model", int(WordKind.MODEL), taken.models),
        ("address", int(WordKind.ADDRESS), taken.addresses),
        ("agent", int(WordKind.AGENT), taken.agents),
        ("error_code", int(WordKind.ERROR), taken.said["error_code"]),
        ("parameter_word", int(WordKind.PARAMETERS), taken.shared),
    )


def _columns(taken: Taken, known: Numbers) -> Columns:
    found: dict[str, Column] = {name: taken.said[field] for name, field in _AS_SENT.items()}
    found |= {name: _us(taken.said[field]) for name, field in _DURATIONS.items()}
    found |= {name: _numbers(column, kind, known) for name, kind, column in _word_columns(taken)}
    found |= {"principal": taken.principals, "parameters": taken.own}
    return {name: column for name, column in found.items() if is_used(column)}


def _numbers(column: Column, kind: int, known: Numbers) -> Column:
    numbers = {text: None if text is None else known[kind, cut(text)] for text in set(column)}
    return [numbers[text] for text in column]


def _us(column: Column) -> Column:
    if not is_used(column):
        return column
    return [None if milliseconds is None else round(milliseconds * 1000) for milliseconds in column]
