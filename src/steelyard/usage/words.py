"""The dictionary of the usage log: texts to small integers and back."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from sqlalchemy import Connection, select

from steelyard.core.clock import Clock, system_clock
from steelyard.db.among import among
from steelyard.db.upsert import insert_new
from steelyard.usage import unused
from steelyard.usage.tables import words


class WordKind(IntEnum):
    """What a word is; the number is stored."""

    TYPE = 1
    MODEL = 2
    ADDRESS = 3
    AGENT = 4
    ERROR = 5
    PARAMETERS = 6  # all parameters of an event, as JSON with sorted names: {"steps":30,"width":512}
    PARAMETER = 7  # one of them, as statistics count it: steps=30


Word = tuple[int, str]
_CACHED = 20_000
_LONGEST = 1_000  # bytes: PostgreSQL takes no key of an index above 2,704
_SURELY_SHORT = _LONGEST // 4
REMEMBERED_SECONDS = (
    6 * 3600.0
)  # a word that nothing uses goes no sooner than eight times as long after somebody saw so


class Dictionary:
    """Remembers words it has seen, for some hours. Only the recorder's transactions add to it."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._ids: dict[Word, int] = {}
        self._began = (clock.monotonic(), clock.now())

    @property
    def known(self) -> Mapping[Word, int]:
        """The words it remembers."""
        return self._remembered()

    def learn(self, connection: Connection, wanted: Iterable[Word]) -> dict[Word, int]:
        """The numbers of all these words, new ones added. Remembered by ``keep`` once the transaction is through."""
        every, ids = set(wanted), self._remembered()
        missing = sorted(word for word in every if word not in ids)  # a difference of sets looks at all that it knows
        if not missing:
            return ids
        # Before the insert: a word that goes at this moment is gone for good by then, and is made anew.
        unused.unmark(connection, _numbers(connection, missing).values())
        insert_new(connection, words, [{"kind": kind, "text": text} for kind, text in missing], ["kind", "text"])
        return {word: ids[word] for word in every if word in ids} | _numbers(connection, missing)

    def _remembered(self) -> dict[Word, int]:
        now = (self._clock.monotonic(), self._clock.now())
        # By either clock: one stands still while a machine sleeps, the other one may be set.
        passed = (now[0] - self._began[0], (now[1] - self._began[1]).total_seconds())
        if max(passed) >= REMEMBERED_SECONDS or passed[1] < 0:
            self._ids, self._began = {}, now
        return self._ids

    def keep(self, known: Mapping[Word, int]) -> None:
        """Remember; starts anew when it has grown large."""
        if known is self._ids:
            return
        if len(self._ids) > _CACHED:
            self._ids = {}
        self._ids.update(known)


def cut(text: str) -> str:
    """A text as a word has it: with at most 1,000 bytes of UTF-8."""
    if len(text) <= _SURELY_SHORT:
        return text
    return text.encode(errors="ignore")[:_LONGEST].decode(errors="ignore")


def find(connection: Connection, kind: WordKind, texts: Iterable[str]) -> dict[str, int]:
    """The numbers of those words that are known."""
    wanted = among(connection, words.c.text, set(texts))
    statement = select(words.c.text, words.c.id).where(words.c.kind == int(kind), wanted)
    return {row.text: row.id for row in connection.execute(statement)}


def spell(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The texts behind numbers."""
    rows = connection.execute(select(words.c.id, words.c.text).where(among(connection, words.c.id, set(ids))))
    return {row.id: row.text for row in rows}


def _numbers(connection: Connection, some: Iterable[Word]) -> dict[Word, int]:
    texts: dict[int, list[str]] = {}
    for kind, text in some:
        texts.setdefault(kind, []).append(text)
    return {
        (kind, text): number
        for kind, wanted in texts.items()
        for text, number in find(connection, WordKind(kind), wanted).items()
    }
