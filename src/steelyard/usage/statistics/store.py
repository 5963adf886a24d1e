"""The SQL that statistics need beside sheets: words, and lifetime totals."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, or_, select

from steelyard.db.among import among
from steelyard.usage.events import API_REQUEST, MIRROR_REQUEST, NOT_REQUESTS, USES, EventType
from steelyard.usage.sheet_store import keyed
from steelyard.usage.tables import totals, words
from steelyard.usage.words import WordKind

_MODEL = int(WordKind.MODEL)
_NO_WORD = -1
_PULL = "model_pull"
_LOOKS = frozenset({API_REQUEST, MIRROR_REQUEST, EventType.MODEL_ACCESS, EventType.MODEL_LIST, _PULL})
_KNOWN = _LOOKS | NOT_REQUESTS | USES


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
    found = select(words.c.id, words.c.text).where(keyed(connection, words.c.id, set(numbers)))
    return {row.id: row.text for row in connection.execute(found)} if numbers else {}


def lifetimes(connection: Connection, models: Collection[int]) -> dict[int, Lifetime]:
    """The lifetime totals of models, by word."""
    kinds = exact_words(connection, WordKind.TYPE, _KNOWN)
    others, looks = ([kinds[kind] for kind in some if kind in kinds] for some in (NOT_REQUESTS, _LOOKS))
    uses = totals.c.type.in_([kinds[kind] for kind in USES if kind in kinds])
    sums = (
        totals.c.type.not_in(others), totals.c.type == kinds.get(EventType.MODEL_ACCESS, _NO_WORD), uses,
        totals.c.type.not_in(looks),
    )  # fmt: skip
    columns = [func.sum(case((which, totals.c.events), else_=0)) for which in sums]
    ends = (func.min(case((uses, totals.c.first_ms))), func.max(case((uses, totals.c.last_ms))))
    asked = keyed(connection, totals.c.model, set(models))
    rows = connection.execute(select(totals.c.model, *columns, *ends).where(asked).group_by(totals.c.model))
    return {row[0]: Lifetime(int(row[1]), int(row[2]), int(row[3]), int(row[4]), row[5], row[6]) for row in rows}


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
