"""Reads plain folders: which of them are models, under which names, and the revision that their files make."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from steelyard.catalog.models import FOLDER_HUB, EntryName
from steelyard.catalog.provenance import Origin
from steelyard.catalog.status import is_weights
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.downloads.imports.models import FoundModel, FoundRevision
from steelyard.downloads.imports.naming import cached_kind, name_from_folder, shown
from steelyard.downloads.imports.tree import Ground, folders_in, names_in, walk

_MARKS = frozenset({"config.json", "model_index.json"})


def models_in(path: Path) -> dict[str, Path]:
    """The folders of models below ``path`` as ``name`` or ``team/name``; ``path`` itself as ``""``. Raises OSError.

    A folder is a model when weights or a model's own configuration lie directly in it. Where none is found, the whole
    path is taken as one.
    """
    if _is_model(path):
        return {"": path}
    found: dict[str, Path] = {}
    for folder in _plain_folders(path):
        if _is_model(folder):
            found[folder.name] = folder
        else:
            found |= {f"{folder.name}/{inner.name}": inner for inner in _plain_folders(folder) if _is_model(inner)}
    return found or {"": path}


def read_folder(
    folder: Path, ground: Ground, name: str | None, origin: Origin | None = None, *, label: str | None = None
) -> FoundModel:
    """One folder as a model called ``name``, or nearly what its folder is called."""
    label = shown(label or folder.name)
    repo = name or name_from_folder(label)
    if repo is None:
        return FoundModel(label, None, refused="no model can be called that; import it alone, with a name")
    tree = walk(folder, ground)
    entry = EntryName(FOLDER_HUB, Kind.MODEL, repo)
    if not tree.files:
        why = f"{tree.refused[0].path}: {tree.refused[0].reason}" if tree.refused else "there is no file in it"
        return FoundModel(label, entry, refused=why)
    revision = FoundRevision(None, tuple(tree.files), tuple(tree.refused))
    return FoundModel(label, entry, (revision,), origin=origin)


def commit_of(files: Iterable[tuple[str, int, Digest]]) -> str:
    """40 hex digits that are the same for the same files, whenever and wherever they are imported."""
    rows = sorted([path, size, digest.hex] for path, size, digest in files)
    return hashlib.sha1(json.dumps(rows).encode(), usedforsecurity=False).hexdigest()


def _plain_folders(path: Path) -> list[Path]:
    return [folder for folder in folders_in(path) if cached_kind(folder.name) is None]


def _is_model(folder: Path) -> bool:
    try:
        names = names_in(folder)
    except OSError:  # to be told so in its place
        return True
    return any(name in _MARKS or is_weights(name) for name in names)
