"""The hub's JSON of a repository at a commit: ``/api/{kind}s/{id}[/revision/{revision}]``.

Shapes as ``ModelInfo``, ``DatasetInfo`` and ``SpaceInfo`` of huggingface_hub 0.23 to 2.x read them (``hf_api.py``):
clients before 1.22 find the files of a repository in ``siblings`` alone, and some read ``private``, ``downloads``,
``likes`` and ``tags`` without a default.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from steelyard.catalog.models import EntryName, File
from steelyard.core.clock import iso
from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.gitnames import blob_oid, is_lfs, pointer
from steelyard.dialects.huggingface.scrub import without_xet

Json = dict[str, Any]


class Shown(Protocol):
    """One repository at one commit. ``document`` is the hub's own JSON, or empty where nobody knows it."""

    @property
    def name(self) -> EntryName: ...
    @property
    def commit(self) -> str: ...
    @property
    def files(self) -> Sequence[File]: ...
    @property
    def document(self) -> Mapping[str, Any]: ...
    @property
    def gated(self) -> bool: ...
    @property
    def private(self) -> bool: ...


def info(
    shown: Shown, *, blobs: bool = False, created: datetime | None = None, modified: datetime | None = None
) -> Json:
    """All that is known. With ``blobs`` each sibling has size, blobId and lfs; moments stand in for the hub's own."""
    document = without_xet(dict(shown.document))
    known = {key: value for key, value in document.items() if value is not None}
    moments = {"createdAt": created, "lastModified": modified}
    return {
        **_defaults(shown.name),
        **{key: iso(moment) for key, moment in moments.items() if moment},
        **known,
        **_certain(shown),
        "gated": _gate(shown, known.get("gated")),
        "siblings": [_sibling(file, blobs=blobs) for file in sorted(shown.files, key=lambda file: file.path)],
    }


def expanded(document: Mapping[str, Any], wanted: Sequence[str]) -> Json:
    """Only what was asked for, and the id; all of it when nothing was."""
    if not wanted:
        return dict(document)
    keep = {"id", "_id", *wanted}
    return {key: value for key, value in document.items() if key in keep}


def read_expand(query: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The properties in ``?expand[]=a&expand=b``, in the spelling of every client."""
    return tuple(value for name, value in query if name in {"expand", "expand[]"} and value)


def _defaults(name: EntryName) -> Json:
    owner, slash, _ = name.repo.partition("/")
    common: Json = {"author": owner if slash else None, "disabled": False, "likes": 0, "tags": []}
    return common if name.kind is Kind.SPACE else {**common, "downloads": 0}


def _certain(shown: Shown) -> Json:
    """What the depot knows better than any document."""
    repo = shown.name.repo
    named: Json = {"id": repo, "modelId": repo} if shown.name.kind is Kind.MODEL else {"id": repo}
    return {**named, "sha": shown.commit, "private": shown.private}


def _gate(shown: Shown, told: object) -> str | bool:
    """``auto`` or ``manual`` as the hub told it, False for what is open."""
    if not shown.gated:
        return False
    return "manual" if told == "manual" else "auto"


def _sibling(file: File, *, blobs: bool) -> Json:
    if not blobs:
        return {"rfilename": file.path}
    body: Json = {"rfilename": file.path, "size": file.size, "blobId": blob_oid(file)}
    if is_lfs(file):
        body["lfs"] = {"sha256": file.digest.hex, "size": file.size, "pointerSize": len(pointer(file))}
    return body
