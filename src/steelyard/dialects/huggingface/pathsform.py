"""The body of ``/paths-info``: a form from huggingface_hub, JSON from others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from steelyard.core.errors import BadRequest
from steelyard.dialects.huggingface.tree import is_on

MAX_PATHS = 10_000


class BadPathsForm(BadRequest):
    """The body of a paths-info call cannot be read."""

    slug = "bad-paths-form"
    title = "The list of paths cannot be read"


@dataclass(frozen=True, slots=True)
class PathsForm:
    """The paths that somebody asks about, as sent."""

    paths: tuple[str, ...]
    expand: bool = False


def read_paths(body: bytes, content_type: str) -> PathsForm:
    """Read ``paths`` (one or many) and ``expand``. Raises BadPathsForm."""
    try:
        values = _json(body) if content_type.startswith("application/json") else _form(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise _refuse() from error
    given = values.get("paths", [])
    paths = [given] if isinstance(given, str) else given
    if not isinstance(paths, list) or len(paths) > MAX_PATHS or not all(isinstance(path, str) for path in paths):
        raise _refuse()
    return PathsForm(tuple(paths), is_on(str(values.get("expand", ""))))


def _form(body: bytes) -> Mapping[str, Any]:
    values = parse_qs(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PATHS + 10)
    return {**values, "expand": values.get("expand", [""])[-1]}


def _json(body: bytes) -> Mapping[str, Any]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise TypeError
    return value


def _refuse() -> BadPathsForm:
    hint = f"Send a form with up to {MAX_PATHS} fields 'paths', and 'expand' if wanted."
    return BadPathsForm("The body is not a form of paths.", hint=hint)
