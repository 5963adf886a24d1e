"""What comes of each model: foretold by a dry run, and told by the job. Both have the same shape."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from steelyard.downloads.imports.models import FoundModel, Refusal


class Way(StrEnum):
    """How a blob comes into the store."""

    HERE = "here"
    LINK = "link"
    COPY = "copy"


class Outcome(StrEnum):
    """What became of a model, or will."""

    IMPORTED = "imported"
    HERE = "here"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    Outcome.IMPORTED: "everything that was found is on the shelf",
    Outcome.HERE: "it was on the shelf already; nothing changed",
    Outcome.INCOMPLETE: "some files had to be refused; the others are on the shelf",
    Outcome.REFUSED: "nothing of it was taken; the reason says why",
}


@dataclass(frozen=True, slots=True)
class RevisionReport:
    """One set of files. Sizes in bytes; ``revision`` is None while only a reading of the files could tell it."""

    revision: str | None
    refs: list[str]
    files: int
    bytes: int
    refused: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class ModelReport:
    """One model. The three sums count each blob once: in the store already, linked into it, copied into it.

    ``problems`` are of files that came in and are not what they say, each with the path in front.
    """

    folder: str
    model: str | None
    source: str | None
    status: Outcome
    reason: str | None = None
    revisions: list[RevisionReport] = field(default_factory=list)
    bytes_here: int = 0
    bytes_linked: int = 0
    bytes_copied: int = 0
    problems: list[str] = field(default_factory=list)

    def counted(self, way: Way, size: int) -> "ModelReport":
        """With one more blob."""
        name = {Way.HERE: "bytes_here", Way.LINK: "bytes_linked", Way.COPY: "bytes_copied"}[way]
        return replace(self, **{name: getattr(self, name) + size})


def begun(found: FoundModel) -> ModelReport:
    """A report with nothing in it yet."""
    name = found.name
    report = ModelReport(found.folder, str(name) if name else None, name.hub if name else None, Outcome.IMPORTED)
    return replace(report, status=Outcome.REFUSED, reason=found.refused) if found.refused else report


def ended(report: ModelReport, revisions: list[RevisionReport], *, is_new: bool) -> ModelReport:
    """With its revisions, and the word for the whole. ``is_new``: the catalog did not have all of it before."""
    status = Outcome.IMPORTED if is_new else Outcome.HERE
    if any(revision.refused for revision in revisions):
        status = Outcome.INCOMPLETE if any(revision.files for revision in revisions) else Outcome.REFUSED
    reason = _first_reason(revisions) if status is Outcome.REFUSED else None
    return replace(report, status=status, reason=reason, revisions=revisions)


def refused(items: Iterable[Refusal]) -> list[dict[str, str]]:
    """For answers."""
    return [{"path": item.path, "reason": item.reason} for item in items]


def totals(reports: list[ModelReport]) -> dict[str, int]:
    """Over all models."""
    came = [report for report in reports if report.status is not Outcome.REFUSED]
    revisions = [revision for report in came for revision in report.revisions]
    return {
        "models": len(came), "refused": len(reports) - len(came),
        "files": sum(revision.files for revision in revisions),
        "bytes_here": sum(report.bytes_here for report in came),
        "bytes_linked": sum(report.bytes_linked for report in came),
        "bytes_copied": sum(report.bytes_copied for report in came),
    }  # fmt: skip


def to_json(report: ModelReport) -> dict[str, Any]:
    """As answers and the table have it."""
    return asdict(report) | {"status": report.status.value}


def from_json(content: dict[str, Any]) -> ModelReport:
    """From the table."""
    revisions = [RevisionReport(**revision) for revision in content["revisions"]]
    return ModelReport(**{**content, "status": Outcome(content["status"]), "revisions": revisions})


def _first_reason(revisions: list[RevisionReport]) -> str | None:
    found = [item for revision in revisions for item in revision.refused]
    return f"{found[0]['path']}: {found[0]['reason']}" if found else None
