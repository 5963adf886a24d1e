"""What was found in the files of one revision, as it stands in the table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from steelyard.catalog.models import Traits, Variant

_TRAITS = frozenset(trait.name for trait in fields(Traits))


@dataclass(frozen=True, slots=True)
class RevisionFacts:
    """``problems`` are sentences, each with the path of the file that it is about."""

    traits: Traits = field(default_factory=Traits)
    problems: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()


def to_json(facts: RevisionFacts) -> dict[str, Any]:
    """For the table."""
    variants = [asdict(variant) for variant in facts.variants]
    return {"traits": asdict(facts.traits), "problems": list(facts.problems), "variants": variants}


def from_json(value: Mapping[str, Any] | None) -> RevisionFacts:
    """From the table; None stands for files that nobody has read yet. Traits of a later version are left out."""
    if value is None:
        return RevisionFacts()
    traits = Traits(**{name: found for name, found in value["traits"].items() if name in _TRAITS})
    return RevisionFacts(traits, tuple(value["problems"]), variants_in(value))


def variants_in(value: Mapping[str, Any]) -> tuple[Variant, ...]:
    """The variants alone: lists show no traits of revisions, and reading those took half of the time."""
    return tuple([Variant(one["name"], one["size"], one["is_default"]) for one in value["variants"]])


def merged(*found: Traits) -> Traits:
    """Each trait from the first that has it."""
    names = [trait.name for trait in fields(Traits)]
    values = {name: [getattr(traits, name) for traits in found] for name in names}
    return Traits(**{name: next((one for one in given if one is not None), None) for name, given in values.items()})
