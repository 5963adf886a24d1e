"""What an import job has to do, as it stands in the jobs table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from steelyard.downloads.imports.models import Asked, ImportKind
from steelyard.downloads.imports.permission import Grant

KIND = "import"


def to_payload(asked: Asked, grant: Grant) -> dict[str, Any]:
    """For the table."""
    return asdict(asked) | {"kind": asked.kind.value, "real_path": str(grant.path), "root": str(grant.root)}


def from_payload(payload: Mapping[str, Any]) -> Asked:
    """What was asked for, from the table."""
    return Asked(payload["path"], ImportKind(payload["kind"]), payload["name"], payload["copy"])


def grant_of(payload: Mapping[str, Any]) -> Grant:
    """What was allowed, from the table."""
    return Grant(Path(payload["real_path"]), Path(payload["root"]))


def dedupe_key(asked: Asked, grant: Grant) -> str:
    """Equal for the same folder, read the same way."""
    same = [str(grant.path), asked.kind.value, asked.name, asked.copy]
    return f"{KIND}:{hashlib.sha256(json.dumps(same).encode()).hexdigest()}"
