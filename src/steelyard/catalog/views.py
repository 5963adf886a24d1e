"""A model as answers show it."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from steelyard.catalog.cards import Card, of_line
from steelyard.catalog.listing import Line
from steelyard.catalog.models import File, Trash, Variant
from steelyard.core.clock import iso
from steelyard.http.plain import to_bytes
from steelyard.usage.statistics.findings import ModelSummary
from steelyard.usage.statistics.views import answered_json

_REMEMBERED = 2048  # 2 kB each


@lru_cache(_REMEMBERED)
def line_json(line: Line, counts: ModelSummary) -> bytes:
    """One model of a list, written. Writing the same hundred models again took a third of a list's time."""
    return to_bytes(model_json(of_line(line, counts)))


def model_json(card: Card, commits: list[str] | None = None) -> dict[str, Any]:
    """The shape of ``GET /api/models/{id}``; other programs rely on its names.

    What only the files themselves tell (architecture, parameters, quantization, context length, licence) is null until
    they were read. ``commits`` are the complete revisions; a list shows the newest only, and no files (see ``Card``).
    ``problems`` say which files are held back or are not what they claim to be, and why. The last three tell of a model
    in the trash and are null on the shelf.
    """
    entry, revision, shown = card.entry, card.revision, card.revision or card.coming
    newest = [revision.commit] if revision and revision.completed_at else []
    return {
        "id": entry.public_id,
        "model": str(entry.name),
        "name": entry.title,
        "description": entry.description,
        "tags": entry.tags,
        "source": entry.name.hub,
        "kind": entry.name.kind.value,
        "revision": revision.commit if revision else None,
        "revisions": newest if commits is None else commits,
        "variants": [variant_json(variant) for variant in shown.variants] if shown else [],
        "problems": list(shown.problems) if shown else [],
        "status": entry.status.value,
        "active": entry.active,
        "private": entry.private,
        "format": entry.format,
        "architecture": entry.traits.architecture,
        "parameters": entry.traits.parameters,
        "quantization": entry.traits.quantization,
        "context_length": entry.traits.context_length,
        "license": entry.traits.license,
        "size_bytes": card.size,
        "files": [file_json(file) for file in card.files],
        "owner": entry.owner,
        "downloaded_by": entry.first_download.by if entry.first_download else None,
        "pinned": entry.pinned,
        "aliases": list(card.aliases),
        "created_at": iso(entry.created_at),
        "last_used_at": _iso(_latest(entry.last_used_at, card.counts.last_ms)),
        "stats": stats_json(card),
        **trash_json(entry.trash),
    }


def trash_json(trash: Trash | None) -> dict[str, Any]:
    """Since when and by whom a model is deleted, and until when it can be restored (null: no longer)."""
    return {
        "deleted_at": _iso(trash.at) if trash else None,
        "deleted_by": trash.by if trash else None,
        "purge_after": _iso(trash.purge_after) if trash else None,
    }


def variant_json(variant: Variant) -> dict[str, Any]:
    """One choice of files; size in bytes."""
    return {"name": variant.name, "size_bytes": variant.size, "default": variant.is_default}


def file_json(file: File) -> dict[str, Any]:
    """One file: where it is in the repository, its bytes, its hash, and whether it is here."""
    digest = file.digest.hex if file.digest.algorithm == "sha256" else None
    git = file.digest.hex if file.digest.algorithm == "git" else None
    return {
        "path": file.path,
        "size": file.size,
        "sha256": digest,
        "git_sha1": git,
        "state": file.state.name.lower(),
    }


def stats_json(card: Card) -> dict[str, Any]:
    """The ``stats`` object. What is not measured yet is null: a model that never answered has no success
    rate, not a perfect one."""
    entry, first, counts = card.entry, card.entry.first_download, card.counts
    return {
        "download_count": entry.download_count,
        "access_count": counts.accesses,
        "total_requests": counts.requests,
        "uses": entry.uses + counts.generations,
        "first_downloaded_by": first.by if first else None,
        "first_downloaded_at": iso(first.at) if first else None,
        "first_downloaded_from": first.address if first else None,
        **answered_json(counts.figures),
        "first_used_at": _iso(_earliest(entry.first_used_at, counts.first_ms)),
        "last_used_at": _iso(_latest(entry.last_used_at, counts.last_ms)),
    }


def _earliest(pull: datetime | None, generation_ms: int | None) -> datetime | None:
    """When it was first used: pulls are counted with the entry, generations in the log."""
    return min(_moments(pull, generation_ms), default=None)


def _latest(pull: datetime | None, generation_ms: int | None) -> datetime | None:
    return max(_moments(pull, generation_ms), default=None)


def _moments(pull: datetime | None, generation_ms: int | None) -> list[datetime]:
    generation = None if generation_ms is None else datetime.fromtimestamp(generation_ms / 1000, UTC)
    return [moment for moment in (pull, generation) if moment is not None]


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None
