"""How anybody names a model. Parsed here for every protocol, the command line and events.

    reference = catalog-id | name [ "@" revision ] [ ":" variant ]
    name      = [ kind "/" ] [ organisation "/" ] repository
    kind      = "model" | "dataset" | "space", or its plural

A first segment that is a kind word is read as the kind whenever something follows it. A one-segment name can be an
alias as well as a repository: the catalog looks for aliases first. ``:latest`` is the default variant, whichever that
is; no variant at all means the whole repository. The rules for segments are the hub's own (huggingface_hub
``validate_repo_id``), so no valid repository is refused and nothing decodes to a path.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from steelyard.core.errors import Invalid
from steelyard.core.ids import parse_catalog_id

MAX_LENGTH = 512
LATEST = "latest"  # the variant that is the default one
_SEGMENT = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,254}")
_VARIANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,95}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Kind(StrEnum):
    """What a repository holds."""

    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"

    @property
    def plural(self) -> str:
        """The word the hub uses in addresses and cache folders."""
        return f"{self.value}s"


_KIND_WORDS = {word: kind for kind in Kind for word in (kind.value, kind.plural)}


class InvalidReference(Invalid):
    """The text names no model in any spelling."""

    slug = "invalid-reference"
    title = "That is not the name of a model"


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed name. Either ``entry_key`` (a catalog id) or ``name`` is set."""

    name: str
    kind: Kind = Kind.MODEL
    revision: str | None = None
    variant: str | None = None
    entry_key: int | None = None

    @property
    def commit(self) -> str | None:
        """The revision when it is a full commit hash."""
        return self.revision if self.revision and is_commit(self.revision) else None

    @property
    def bare(self) -> "Reference":
        """The model alone, at no revision: what usage is counted under."""
        return replace(self, revision=None, variant=None)

    def with_revision(self, revision: str | None) -> "Reference":
        """The same model at a revision given beside the name; a revision within the name wins when none is given."""
        return self if revision is None else replace(self, revision=parse_revision(revision))

    def __str__(self) -> str:
        organisation, slash, _ = self.name.partition("/")
        is_plain = self.kind is Kind.MODEL and not (slash and organisation in _KIND_WORDS)
        prefix = "" if is_plain else f"{self.kind.plural}/"
        at = f"@{self.revision}" if self.revision else ""
        return f"{prefix}{self.name}{at}{f':{self.variant}' if self.variant else ''}"


def is_commit(revision: str) -> bool:
    """Whether a revision is pinned: a full git commit hash."""
    return _COMMIT.fullmatch(revision) is not None


@lru_cache(maxsize=4096)  # whoever asks a model names it, and it is looked at in several places
def parse(text: str) -> Reference:
    """Read a reference. Raises InvalidReference with the reason."""
    if not text or len(text) > MAX_LENGTH:
        raise _refuse("it is empty" if not text else f"it is longer than {MAX_LENGTH} characters")
    if text.startswith("m~"):
        return _parse_catalog_id(text)
    if "://" in text:
        raise _refuse("it is an address; write only what stands behind the host, like 'org/name'")
    name, at, revision = text.partition("@")
    head, colon, variant = (revision if at else name).partition(":")
    kind, path = _split_kind((name if at else head).split("/"))
    return Reference(
        name=_parse_name(path),
        kind=kind,
        revision=parse_revision(head) if at else None,
        variant=_parse_variant(variant) if colon else None,
    )


def parse_revision(text: str) -> str:
    """A branch, tag, ``refs/pr/N`` or commit. Raises InvalidReference."""
    if not _REVISION.fullmatch(text) or ".." in text or any(_is_no_ref(part) for part in text.split("/")):
        raise _refuse(f"the revision {text[:60]!r} is not a branch, tag or commit")
    return text


def _is_no_ref(part: str) -> bool:
    """git's own rules (git-check-ref-format) for what stands between two slashes."""
    return part in {"", "."} or part.endswith((".", ".lock"))


def _parse_catalog_id(text: str) -> Reference:
    key = parse_catalog_id(text)
    if key is None:
        raise _refuse("a catalog id is 'm~' and up to 13 letters and digits")
    return Reference(name=text, entry_key=key)


def _split_kind(segments: list[str]) -> tuple[Kind, list[str]]:
    if len(segments) > 1 and segments[0] in _KIND_WORDS:
        return _KIND_WORDS[segments[0]], segments[1:]
    return Kind.MODEL, segments


def _parse_name(segments: list[str]) -> str:
    if len(segments) > 2:
        raise _refuse("a name has one or two parts, like 'gpt2' or 'org/name'")
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or ".." in segment or "--" in segment or segment.endswith(".git"):
            raise _refuse(f"{segment[:60]!r} is not a valid part of a name")
    return "/".join(segments)


def _parse_variant(text: str) -> str:
    if not _VARIANT.fullmatch(text):
        raise _refuse(f"the variant {text[:60]!r} has letters that no variant has")
    return LATEST if text.lower() == LATEST else text


def _refuse(reason: str) -> InvalidReference:
    return InvalidReference(
        f"This does not name a model: {reason}.",
        hint="Write it like 'gpt2', 'org/name', 'org/name@revision' or 'datasets/org/name'.",
    )
