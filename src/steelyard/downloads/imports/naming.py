"""From folder names to names of models. Pure."""

import re
from collections.abc import Collection

from steelyard.core import ref
from steelyard.core.ref import Kind

_KINDS = {kind.plural: kind for kind in Kind}
_UNUSABLE = re.compile(r"[^A-Za-z0-9_.-]+")
_REPEATED = re.compile(r"-{2,}|\.{2,}")
_LONGEST = 96  # a part of a repository's name, as the hub has it
_SHOWN = 200


def is_name(text: str) -> bool:
    """Whether a model can be called that: ``name`` or ``team/name``."""
    try:
        found = ref.parse(f"models/{text}")
    except ref.InvalidReference:
        return False
    return found.name == text and found.revision is None and found.variant is None


def cached_kind(folder: str) -> Kind | None:
    """The kind that a folder of a Hugging Face cache is for; None for any other folder."""
    prefix, dashes, rest = folder.partition("--")
    return _KINDS.get(prefix) if dashes and rest else None


def cached_name(folder: str, known: Collection[str]) -> str | None:
    """The repository behind ``models--org--name``; None where the dashes leave it open.

    A name that the catalog knows wins; else there must be exactly one that is valid.
    """
    whole = folder.partition("--")[2]
    cuts = [match.start() for match in re.finditer("(?=--)", whole)]
    readings = [whole, *(f"{whole[:cut]}/{whole[cut + 2 :]}" for cut in cuts)]
    for names in ([name for name in readings if name in known], [name for name in readings if is_name(name)]):
        if len(names) == 1:
            return names[0]
    return None


def name_from_folder(path: str) -> str | None:
    """The nearest valid name to ``folder`` or ``team/folder``; None when nothing of it can stay."""
    parts = [_valid_part(part) for part in path.split("/")]
    name = "/".join(parts)
    return name if is_name(name) else None


def shown(name: str) -> str:
    """A file's or folder's name as a report may show it: printable, and not endless."""
    text = "".join(letter if letter.isprintable() else "?" for letter in name)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _valid_part(text: str) -> str:
    plain = _UNUSABLE.sub("-", text).removesuffix(".git")
    while (shorter := _REPEATED.sub(lambda match: match.group()[0], plain)) != plain:
        plain = shorter
    return plain[:_LONGEST].strip("-.")
