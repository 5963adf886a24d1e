"""The words that counting needs, read from the dictionary and remembered."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from steelyard.db.upsert import insert_new
from steelyard.usage.rows import Row
from steelyard.usage.spelled import (
    OTHER_NAMES,
    Kind,
    Spelled,
    all_texts,
    kind_of,
    numbers_of,
    other_of,
    texts_of_word,
    within_limit,
)
from steelyard.usage.tables import words
from steelyard.usage.words import WordKind, find, spell

_REMEMBERED = 20_000  # of each sort
_PARAMETER = int(WordKind.PARAMETER)


class Spelling:
    """Remembers the words of the rows it has seen. One thread at a time may use it."""

    def __init__(self) -> None:
        self._kinds: dict[int, Kind] = {}
        self._shared: dict[int, list[str]] = {}  # the texts in a PARAMETERS word
        self._values: dict[str, int] = {}
        self._names: frozenset[str] | None = None  # of all PARAMETER words, once there are no new ones any more

    def read(self, connection: Connection, rows: Sequence[Row]) -> tuple[Spelled, set[str]]:
        """The words of these rows, and the PARAMETER words that they need and nobody has written yet."""
        self._shrink()
        self._read_kinds(connection, {row.type for row in rows} - self._kinds.keys())
        shared = {row.parameter_word for row in rows if row.parameter_word is not None}
        self._read_shared(connection, shared - self._shared.keys())
        wanted = all_texts(rows, ()).union(*(self._shared[word] for word in shared))
        missing = wanted - self._values.keys()
        self._read_values(connection, missing)
        missing -= self._values.keys()
        return self._spelled(shared), {text for text in missing if other_of(text) not in self._values}

    def _spelled(self, shared: Iterable[int]) -> Spelled:
        numbers = {word: numbers_of(self._shared[word], self._values) for word in shared}
        return Spelled(self._kinds, numbers, self._values)

    def _read_kinds(self, connection: Connection, unknown: set[int]) -> None:
        if unknown:
            self._kinds |= {number: kind_of(text) for number, text in spell(connection, unknown).items()}

    def _read_shared(self, connection: Connection, unknown: set[int]) -> None:
        if unknown:
            self._shared |= {number: texts_of_word(text) for number, text in spell(connection, unknown).items()}

    def _read_values(self, connection: Connection, missing: set[str]) -> None:
        others = set(map(other_of, missing))
        self._values |= _found(connection, missing | others | {OTHER_NAMES} if missing else set())
        if missing and OTHER_NAMES in self._values:
            self._names = self._names or _names(connection)
            self._values |= dict.fromkeys(others - self._names, self._values[OTHER_NAMES])

    def _shrink(self) -> None:
        if len(self._shared) > _REMEMBERED:
            self._shared = {}
        if len(self._values) > _REMEMBERED:
            self._values = {}


def learn(connection: Connection, texts: Iterable[str]) -> None:
    """Write PARAMETER words, as many as their names may have, in the caller's transaction and turn."""
    wanted = set(texts)
    known = connection.execute(select(words.c.text).where(words.c.kind == _PARAMETER)).scalars() if wanted else ()
    rows = [{"kind": _PARAMETER, "text": text} for text in sorted(within_limit(wanted, known))]
    insert_new(connection, words, rows, ["kind", "text"])


def _names(connection: Connection) -> frozenset[str]:
    """The names of all parameters that are counted, each as the word that stands for its other values."""
    texts = connection.execute(select(words.c.text).where(words.c.kind == _PARAMETER)).scalars()
    return frozenset(map(other_of, texts))


def _found(connection: Connection, texts: set[str]) -> dict[str, int]:
    return find(connection, WordKind.PARAMETER, texts) if texts else {}
