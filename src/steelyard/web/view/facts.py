"""What there is to know about a model, as labels and values."""

from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web.shelf import Json
from steelyard.web.words import Moment, count, moment, parameters

_SHORT = 12  # letters of a hash that nobody mistakes for another one


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know: ``note`` explains it, ``exact`` is the whole of a shortened value, ``when`` a time."""

    label: str
    value: str | None = None
    note: str | None = None
    exact: str | None = None
    when: Moment | None = None


def facts_of(found: Json, now: datetime) -> tuple[Fact, ...]:
    """What it is, as far as it is known."""
    length, revision = found.get("context_length"), found.get("revision")
    size = format_size(found.get("size_bytes") or 0)
    facts = (
        Fact("Format", found.get("format")),
        Fact("Architecture", found.get("architecture")),
        Fact("Parameters", parameters(found.get("parameters"))),
        Fact("Quantisation", found.get("quantization")),
        Fact("Context", f"{count(length)} tokens" if length else None),
        Fact("Licence", found.get("license")),
        Fact("Size", size, "of its files that are here, each once"),
        Fact("Revision", revision[:_SHORT] if revision else None, _others(found), revision),
        Fact("Source", found.get("source")),
        Fact("Owner", found.get("owner")),
        Fact("On the shelf since", when=moment(found.get("created_at"), now)),
    )
    return tuple(fact for fact in facts if fact.value or fact.when)


def stats_of(stats: Json, now: datetime) -> tuple[Fact, ...]:
    """How much it was asked for."""
    used = moment(stats.get("last_used_at"), now)
    return (
        Fact("Downloads", count(stats.get("download_count") or 0), "requests that were served"),
        Fact("Uses", count(stats.get("uses") or 0), "one a day for each person and revision"),
        Fact("Looked at", count(stats.get("access_count") or 0), "through the API"),
        Fact("Last used", None if used else "never", when=used),
    )


def _others(found: Json) -> str | None:
    older = len(found.get("revisions") or ()) - 1
    return None if older < 1 else f"and {older} older one{'' if older == 1 else 's'} here"
