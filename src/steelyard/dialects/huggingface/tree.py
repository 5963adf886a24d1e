"""The hub's lists of files and folders: ``/tree`` in pages, and ``/paths-info``.

Shapes as ``RepoFile`` and ``RepoFolder`` of huggingface_hub read them (``hf_api.py``); ``pointerSize`` has no default
there. Nothing of Xet is ever told: a client that knows a Xet hash goes around the depot.
"""

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any
from urllib.parse import quote, urlencode

from steelyard.catalog.models import File
from steelyard.core.errors import BadRequest
from steelyard.dialects.huggingface.gitnames import blob_oid, folder_oid, is_lfs, pointer, weight
from steelyard.dialects.huggingface.missing import no_entry
from steelyard.dialects.huggingface.walk import Walk
from steelyard.sources.protocol import Repository

PAGE = 1000  # entries in a page, as on the hub
Json = dict[str, Any]


class BadCursor(BadRequest):
    """The cursor is none that the mirror gave."""

    slug = "bad-cursor"
    title = "That is not a cursor"


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """What the query asks for. ``limit`` is 1 to PAGE; ``after`` is the last key of the page before."""

    recursive: bool = False
    expand: bool = False
    limit: int = PAGE
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries as the wire has them, and the cursor of the next page."""

    entries: list[Json]
    cursor: str | None


def read_options(query: Iterable[tuple[str, str]]) -> TreeOptions:
    """The options in a query. Raises BadCursor."""
    given = dict(query)
    limit = given.get("limit", "")
    return TreeOptions(
        recursive=is_on(given.get("recursive")),
        expand=is_on(given.get("expand")),
        limit=max(1, min(int(limit), PAGE)) if limit.isdecimal() and len(limit) < 9 else PAGE,
        after=_read_cursor(given.get("cursor", "")),
    )


def is_on(value: str | None) -> bool:
    """Whether an option of a query or form is switched on, in any client's spelling."""
    return value is not None and value.lower() in {"true", "1", "on", "yes"}


def list_tree(files: Sequence[File], folder: str, options: TreeOptions, commit: str | None = None) -> Page:
    """One page of what is below a folder (the root is an empty text). Raises EntryUnknown."""
    walk = Walk(files)
    if not walk.has_folder(folder):
        raise no_entry(folder, commit)
    keys = walk.everything(folder, options.after) if options.recursive else walk.children(folder, options.after)
    taken = list(islice(keys, options.limit + 1))
    page = taken[: options.limit]
    cursor = _write_cursor(page[-1]) if len(taken) > options.limit else None
    return Page(_encode(walk, page, expand=options.expand), cursor)


def paths_info(files: Sequence[File], paths: Collection[str], *, expand: bool = False) -> list[Json]:
    """Files and folders by their paths, in the order asked; unknown ones are left out, as the hub does."""
    walk = Walk(files)
    asked = dict.fromkeys(path.strip("/") for path in paths)
    keys = [
        path if walk.file(path) else f"{path}/" for path in asked if walk.file(path) or (path and walk.has_folder(path))
    ]
    return _encode(walk, keys, expand=expand)


def next_link(base: str, repo: Repository, commit: str, folder: str, options: TreeOptions, cursor: str) -> str:
    """The ``Link`` header of a page that is not the last.

    ``base`` is our own absolute address with ``/hf`` (clients follow it as it stands). The next page is asked at the
    commit, so that a branch that moves meanwhile does not mix two lists.
    """
    at = quote(commit, safe="")
    path = f"/{quote(folder)}" if folder else ""
    flags = {name: "true" for name in ("recursive", "expand") if getattr(options, name)}
    query = urlencode({**flags, "limit": options.limit, "cursor": cursor})
    return f'<{base}/api/{repo.kind.plural}/{repo.name}/tree/{at}{path}?{query}>; rel="next"'


def _encode(walk: Walk, keys: Sequence[str], *, expand: bool) -> list[Json]:
    oids = _folder_oids(walk, [key[:-1] for key in keys if key.endswith("/")])
    more = {"lastCommit": None} if expand else {}
    return [{**_folder(key[:-1], oids), **more} if key.endswith("/") else {**_file(walk, key), **more} for key in keys]


def _file(walk: Walk, path: str) -> Json:
    file = walk.file(path)
    assert file is not None  # noqa: S101 - the keys come from the same walk
    body: Json = {"type": "file", "oid": blob_oid(file), "size": file.size, "path": path}
    if is_lfs(file):
        body["lfs"] = {"oid": file.digest.hex, "size": file.size, "pointerSize": len(pointer(file))}
    return body


def _folder(path: str, oids: dict[str, str]) -> Json:
    return {"type": "directory", "oid": oids[path], "size": 0, "path": path}


def _folder_oids(walk: Walk, folders: Sequence[str]) -> dict[str, str]:
    """The name of each folder, weighing every file below any of them once."""
    spans = {folder: walk.span(folder) for folder in folders}
    if not spans:
        return {}
    first, last = min(start for start, _ in spans.values()), max(end for _, end in spans.values())
    sums = list(accumulate(map(weight, walk.files[first:last]), initial=0))
    return {folder: folder_oid(sums[end - first] - sums[start - first]) for folder, (start, end) in spans.items()}


def _write_cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursor("The cursor is not one of ours.", hint="Leave it out to begin with the first page.") from error
