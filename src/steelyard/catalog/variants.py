"""The variants of a revision: which GGUF files make one usable choice. Pure.

From the names alone, so that a variant is called the same before its files are here and after.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import PurePosixPath

from steelyard.catalog.models import File, Variant
from steelyard.catalog.quantization import preference, without_word, word_in
from steelyard.catalog.status import is_weights
from steelyard.core.ref import LATEST

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.+-]+")
_LONGEST_NAME = 96  # of the grammar in core/ref.py


@dataclass(frozen=True, slots=True)
class _Group:
    """The files of one quantisation of one model, as far as names tell; ``stem`` has no part number and no suffix."""

    stem: str
    model: str
    word: str | None
    paths: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant with the paths of its weights; projectors apart, which belong to every variant."""

    variant: Variant
    paths: tuple[str, ...]
    projectors: tuple[str, ...]


def variants_of(files: Sequence[File]) -> tuple[Variant, ...]:
    """All variants, the smallest first; one of them is the default."""
    return tuple(choice.variant for choice in choices_of(files))


def choices_of(files: Sequence[File]) -> list[Choice]:
    """The variants with their files. Parts of a split file count only together.

    A projector (``mmproj``) belongs to every variant. Where files of several models carry the same quantisation, the
    model with the most files keeps the plain words, and the others are called by their file names.
    """
    weights = [file for file in files if file.path.lower().endswith(".gguf")]
    projectors = [file for file in weights if "mmproj" in _name(file)]
    groups = _groups(file for file in weights if "mmproj" not in _name(file) and "imatrix" not in _name(file))
    if not groups:
        return []
    main = _main_model(groups)
    default = min(groups, key=lambda group: (group.model != main, preference(group.word), group.size, group.paths))
    more, more_size = tuple(file.path for file in projectors), sum(file.size for file in projectors)
    found = [
        Choice(Variant(name, group.size + more_size, group is default), group.paths, more)
        for name, group in _named(groups, main).items()
    ]
    return sorted(found, key=lambda choice: (choice.variant.size, choice.variant.name))


def find_choice(files: Sequence[File], name: str) -> Choice | None:
    """The variant of that name, in any case; ``latest`` is the default one."""
    wanted = name.casefold()
    return next(
        (
            choice
            for choice in choices_of(files)
            if choice.variant.name.casefold() == wanted or (name == LATEST and choice.variant.is_default)
        ),
        None,
    )


def files_of_variant(files: Sequence[File], name: str | None) -> list[File]:
    """What a variant needs: its weights, the projectors, and everything that is no weights. None means every file.

    So does ``latest`` where there are no variants; an unknown name needs nothing that there is: the list is empty.
    """
    choice = find_choice(files, name) if name is not None else None
    if choice is None:
        is_all = name is None or (name == LATEST and not choices_of(files))
        return list(files) if is_all else []
    own = {*choice.paths, *choice.projectors}
    return [file for file in files if file.path in own or not is_weights(file.path)]


def _name(file: File) -> str:
    return PurePosixPath(file.path).name.lower()


def _groups(files: Iterable[File]) -> list[_Group]:
    parts: dict[tuple[str, str, int], dict[int, File]] = {}
    for file in files:
        path = PurePosixPath(file.path)
        part = _PART.fullmatch(path.stem)
        stem, number, total = (part["stem"], int(part["number"]), int(part["count"])) if part else (path.stem, 1, 1)
        parts.setdefault((str(path.parent), stem, total), {})[number] = file
    return [
        _group(folder, stem, [found[number] for number in range(1, total + 1)])
        for (folder, stem, total), found in sorted(parts.items())
        if len(found) == total and min(found) == 1 and max(found) == total
    ]


def _group(folder: str, stem: str, files: list[File]) -> _Group:
    paths = tuple(file.path for file in files)
    word = word_in(f"{folder}/{stem}.gguf")
    return _Group(stem, without_word(stem), word, paths, sum(file.size for file in files))


def _main_model(groups: list[_Group]) -> str:
    """Of several models in one repository: the one with the most files, then the larger, then the first by name."""
    counts, sizes = Counter(group.model for group in groups), Counter[str]()
    for group in groups:
        sizes[group.model] += group.size
    return min(counts, key=lambda model: (-counts[model], -sizes[model], model))


def _named(groups: list[_Group], main: str) -> dict[str, _Group]:
    """Names, no two of them equal in any case."""
    named: dict[str, _Group] = {}
    taken: set[str] = set()
    tries: dict[str, Iterator[str]] = {}
    for group in sorted(groups, key=lambda group: group.model != main):
        is_free = group.word is not None and group.word.casefold() not in taken
        plain = group.word if is_free and group.word else _as_name(group.stem)
        following = tries.setdefault(plain.casefold(), chain([plain], (f"{plain}-{number}" for number in count(2))))
        name = next(name for name in following if name.casefold() not in taken)
        taken.add(name.casefold())
        named[name] = group
    return named


def _as_name(stem: str) -> str:
    """A file's name as the grammar of references allows it."""
    return _NOT_IN_A_NAME.sub("-", stem).lstrip(".+-")[: _LONGEST_NAME - 8] or "model"
