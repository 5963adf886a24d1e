"""The dictionary of the usage log: texts to small integers and back."""

from collections.abc import Iterable
from enum import IntEnum

from sqlalchemy import Connection, select

from steelyard.db.upsert import insert_new
from steelyard.usage.tables import words


class WordKind(IntEnum):
    """What a word is; the number is stored."""

    TYPE = 1
    MODEL = 2
    ADDRESS = 3
    AGENT = 4
    ERROR = 5


Word = tuple[int, str]
_CACHED = 20_000


class Dictionary:
    """Remembers words it has seen. Only the recorder's transactions add to it."""

    def __init__(self) -> None:
        self._ids: dict[Word, int] = {}

    def learn(self, connection: Connection, wanted: Iterable[Word]) -> dict[Word, int]:
        """The numbers of all these words, new ones added. Remembered by ``keep`` once the transaction is through."""
        missing = sorted(set(wanted) - self._ids.keys())
        if not missing:
            return self._ids
        insert_new(connection, words, [{"kind": kind, "text": text} for kind, text in missing], ["kind", "text"])
        return {**self._ids, **{word: _number(connection, word) for word in missing}}

    def keep(self, known: dict[Word, int]) -> None:
        """Remember; starts anew when it has grown large."""
        self._ids = known if len(known) <= _CACHED else {}


def find(connection: Connection, kind: WordKind, texts: Iterable[str]) -> dict[str, int]:
    """The numbers of those words that are known."""
    statement = select(words.c.text, words.c.id).where(words.c.kind == int(kind), words.c.text.in_(set(texts)))
    return {row.text: row.id for row in connection.execute(statement)}


def spell(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The texts behind numbers."""
    rows = connection.execute(select(words.c.id, words.c.text).where(words.c.id.in_(set(ids))))
    return {row.id: row.text for row in rows}


def _number(connection: Connection, word: Word) -> int:
    kind, text = word
    statement = select(words.c.id).where(words.c.kind == int(kind), words.c.text == text)
    number: int = connection.execute(statement).scalar_one()
    return number
