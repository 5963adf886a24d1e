"""Which files of a repository are wanted: a variant of it, and shell patterns as ``hf download`` reads them. Pure."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from steelyard.catalog.models import File
from steelyard.catalog.variants import files_of_variant, find_choice, variants_of
from steelyard.core.ref import LATEST
from steelyard.downloads.errors import VariantMissing
from steelyard.downloads.models import Wanted

_MOST_NAMES = 40


def chosen(files: Sequence[File], wanted: Wanted) -> list[File]:
    """The files that are wanted; none when there is no such variant."""
    of_variant = files_of_variant(files, wanted.variant)
    paths = set(select([file.path for file in of_variant], wanted.include, wanted.exclude))
    return [file for file in of_variant if file.path in paths]


def canonical(files: Sequence[File], wanted: Wanted) -> str | None:
    """The variant as the repository spells it, the default one for ``latest``; None means all files.

    Raises VariantMissing with the names that there are.
    """
    if wanted.variant is None:
        return None
    choice = find_choice(files, wanted.variant)
    if choice is not None:
        return choice.variant.name
    names = [variant.name for variant in variants_of(files)]
    if wanted.variant == LATEST and not names:
        return None
    raise _missing(wanted.repo, wanted.variant, names)


def _missing(repo: str, variant: str, names: Sequence[str]) -> VariantMissing:
    if not names:
        hint = f"Pull all of it: steelyard pull {repo}"
        return VariantMissing(f"{repo} has no variants, so none called {variant}.", hint=hint)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return VariantMissing(
        f"{repo} has no variant {variant}. It has: {', '.join(names[:_MOST_NAMES])}{more}.",
        hint=f"steelyard pull {repo}:{names[0]}",
    )


def select(paths: Iterable[str], include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """The paths that match some ``include`` (all, when there is none) and no ``exclude``."""
    wanted, unwanted = _whole_folders(include), _whole_folders(exclude)
    return [path for path in paths if (not wanted or _matches(path, wanted)) and not _matches(path, unwanted)]


def _whole_folders(patterns: Sequence[str]) -> list[str]:
    return [f"{pattern}*" if pattern.endswith("/") else pattern for pattern in patterns]


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
