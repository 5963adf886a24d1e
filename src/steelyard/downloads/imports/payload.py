"""What an import job has to do, as it stands in the jobs table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from steelyard.downloads.imports.models import Asked, ImportKind

KIND = "import"


def to_payload(asked: Asked) -> dict[str, Any]:
    """For the table."""
    return asdict(asked) | {"kind": asked.kind.value}


def from_payload(payload: Mapping[str, Any]) -> Asked:
    """From the table."""
    return Asked(**{**payload, "kind": ImportKind(payload["kind"])})


def dedupe_key(asked: Asked) -> str:
    """Equal for the same folder, read the same way."""
    return f"{KIND}:{hashlib.sha256(json.dumps(to_payload(asked), sort_keys=True).encode()).hexdigest()}"
