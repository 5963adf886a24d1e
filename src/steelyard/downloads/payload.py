"""What a download job has to bring, as it stands in the jobs table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from steelyard.catalog.models import EntryName
from steelyard.core.ref import Kind, is_commit
from steelyard.downloads.models import Wanted

KIND = "download"
DEFAULT_REVISION = "main"  # what a request means that names no revision; the hub's own convention


def to_payload(wanted: Wanted) -> dict[str, Any]:
    """For the table."""
    return asdict(wanted)


def from_payload(payload: Mapping[str, Any]) -> Wanted:
    """From the table; jobs of version 0.1 know no variant."""
    patterns = {"include": tuple(payload["include"]), "exclude": tuple(payload["exclude"])}
    return Wanted(**{**payload, **patterns})


def name_of(wanted: Wanted) -> EntryName:
    """The entry that it is for."""
    return EntryName(wanted.hub, Kind(wanted.kind), wanted.repo)


def ref_of(wanted: Wanted) -> str | None:
    """The branch or tag that was asked for; None when a commit was."""
    if wanted.revision is not None and is_commit(wanted.revision):
        return None
    return wanted.revision or DEFAULT_REVISION


def dedupe_key(wanted: Wanted) -> str:
    """Equal for requests that one job can serve: hub, kind, repository, commit and file set.

    Before the hub was asked the revision's name stands in for the commit; the fetches are shared blob by blob then.
    """
    at = wanted.commit or f"ref={wanted.revision or ''}"
    if wanted.grows:
        return f"{KIND}:{wanted.hub}:{wanted.kind}:{wanted.repo}:{at}:mirror"
    choice = (
        [wanted.variant.casefold()] if wanted.variant else []
    )  # jobs from before there were variants keep their key
    patterns = json.dumps([sorted(set(wanted.include)), sorted(set(wanted.exclude)), *choice])
    file_set = hashlib.sha256(patterns.encode()).hexdigest()[:16]
    return f"{KIND}:{wanted.hub}:{wanted.kind}:{wanted.repo}:{at}:{file_set}"
