"""The SQL that statistics need beside sheets: words, and lifetime totals."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from steelyard.db.among import among, numbered, numbers_within
from steelyard.usage.events import API_REQUEST, MIRROR_REQUEST, NOT_REQUESTS, USES, EventType
from steelyard.usage.sheet_store import keyed
from steelyard.usage.tables import totals, words
from steelyard.usage.words import WordKind

_MODEL = int(WordKind.MODEL)
_PULL = "model_pull"
_LOOKS = frozenset({API_REQUEST, MIRROR_REQUEST, EventType.MODEL_ACCESS, EventType.MODEL_LIST, _PULL})
_TOTALS = select(totals.c.model, words.c.text, totals.c.events, totals.c.first_ms, totals.c.last_ms).join(
    words, words.c.id == totals.c.type
)
_TEXTS = {name: select(words.c.id, words.c.text).where(within) for name, within in numbers_within(words.c.id).items()}


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What was ever counted of one model. Times in milliseconds since 1970; generations only,
    since pulls are counted with the entry."""

    requests: int = 0
    accesses: int = 0
    generations: int = 0
    reported: int = 0  # events that are more than somebody looking for it here
    first_ms: int | None = None
    last_ms: int | None = None


def model_words(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """The words of models by text: exactly these, and others that differ in capital letters alone.

    An alias is kept in small letters, and events name models as somebody wrote them.
    """
    exact = among(connection, words.c.text, set(names))
    short = {name.lower() for name in names if "/" not in name}
    alike = or_(exact, among(connection, func.lower(words.c.text, type_=words.c.text.type), short)) if short else exact
    rows = connection.execute(select(words.c.text, words.c.id).where(words.c.kind == _MODEL, alike))
    return {row.text: row.id for row in rows}


def numbers_of(words: Mapping[str, int], names: Collection[str]) -> list[int]:
    """Which of the words that ``model_words`` found are one model's, which has these names."""
    exact = [words[name] for name in names if name in words]
    short = {name.lower() for name in names if "/" not in name}
    alike = [number for text, number in words.items() if text.lower() in short] if short else []
    return list(dict.fromkeys([*exact, *alike]))


def exact_words(connection: Connection, kind: WordKind, texts: Iterable[str]) -> dict[str, int]:
    """The words of exactly these texts."""
    wanted = among(connection, words.c.text, set(texts))
    rows = connection.execute(select(words.c.text, words.c.id).where(words.c.kind == int(kind), wanted))
    return {row.text: row.id for row in rows}


def texts(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """The texts of words."""
    if not numbers:
        return {}
    found = connection.execute(_TEXTS[connection.dialect.name], numbered(connection, numbers)).all()
    return {row[0]: row[1] for row in found}


def lifetimes(connection: Connection, models: Collection[int]) -> dict[int, Lifetime]:
    """The lifetime totals of models, by word."""
    wanted = _TOTALS.where(keyed(connection, totals.c.model, set(models)))
    found: dict[int, list[Lifetime]] = {}
    for model, kind, number, first_ms, last_ms in connection.execute(wanted):
        found.setdefault(model, []).append(lifetime_of(kind, number, first_ms, last_ms))
    return {model: together(several) for model, several in found.items()}


def together(some: Iterable[Lifetime]) -> Lifetime:
    """Several names of one model as one."""
    several = list(some)
    firsts = [one.first_ms for one in several if one.first_ms is not None]
    lasts = [one.last_ms for one in several if one.last_ms is not None]
    return Lifetime(
        sum(one.requests for one in several),
        sum(one.accesses for one in several),
        sum(one.generations for one in several),
        sum(one.reported for one in several),
        min(firsts, default=None),
        max(lasts, default=None),
    )


def lifetime_of(kind: str, number: int, first_ms: int, last_ms: int) -> Lifetime:
    """What events of one type come to."""
    is_generation = kind in USES
    return Lifetime(
        requests=0 if kind in NOT_REQUESTS else number,
        accesses=number if kind == EventType.MODEL_ACCESS else 0,
        generations=number if is_generation else 0,
        reported=0 if kind in _LOOKS else number,
        first_ms=first_ms if is_generation else None,
        last_ms=last_ms if is_generation else None,
    )
