"""Reads a Hugging Face cache: repositories, their snapshots, the blobs behind them, and what references meant.

The layout is that of huggingface_hub 2.x: ``models--org--name/{blobs,snapshots,refs}``. A blob is a file, or (2.x) a
link to ``blobs/<2 digits>/<hash>`` of the cache, shared by repositories. On systems without links a snapshot holds the
files themselves.
"""

import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from steelyard.catalog.models import EntryName
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind, is_commit
from steelyard.downloads.imports.models import FoundFile, FoundModel, FoundRef, FoundRevision
from steelyard.downloads.imports.naming import cached_kind, cached_name, shown
from steelyard.downloads.imports.tree import LEADS_OUT, Ground, Tree, entries_below, folders_in
from steelyard.storage.adopt import UnusableFile
from steelyard.storage.layout import UnsafeName, safe_path

HUB = "huggingface"
Known = Mapping[Kind, Collection[str]]
_SHARED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}")
_LONGEST_REF = 4096


def repositories(path: Path) -> list[Path]:
    """The folders of repositories in a cache, in its parent (``HF_HOME``), or the folder of one. Raises OSError."""
    if cached_kind(path.name) is not None and (path / "snapshots").is_dir():
        return [path]
    for cache in (path, path / "hub"):
        found = [folder for folder in folders_in(cache) if cached_kind(folder.name)] if cache.is_dir() else []
        if found:
            return found
    return []


def read_repository(folder: Path, ground: Ground, known: Known) -> FoundModel:
    """One repository of a cache; ``known`` are names that the catalog has, to tell dashes apart."""
    label = shown(folder.relative_to(ground.root).as_posix() if folder != ground.root else folder.name)
    kind = cached_kind(folder.name)
    repo = cached_name(folder.name, known.get(kind, ())) if kind else None
    if kind is None or repo is None:
        return FoundModel(label, None, refused="its folder's name does not tell which repository it is")
    snapshots = folder / "snapshots"
    revisions = [_snapshot(place, folder, ground) for place in folders_in(snapshots)] if snapshots.is_dir() else []
    found = tuple(revision for revision in revisions if revision.files or revision.refused)
    name = EntryName(HUB, kind, repo)
    if not found:
        return FoundModel(label, name, refused="it has no snapshot with a file in it")
    return FoundModel(label, name, found, _refs(folder / "refs", {item.commit or "" for item in found}))


def claimed_by(name: str) -> Digest | None:
    """The digest that a blob's name promises: SHA-256 for large files, git's for small ones."""
    if re.fullmatch(r"[0-9a-f]{64}", name):
        return Digest("sha256", name)
    return Digest("git", name) if re.fullmatch(r"[0-9a-f]{40}", name) else None


def _snapshot(place: Path, folder: Path, ground: Ground) -> FoundRevision:
    tree = Tree()
    if not is_commit(place.name):
        tree.refuse(f"snapshots/{place.name}", "its name is no commit")
        return FoundRevision(None, (), tuple(tree.refused))
    for path, entry in entries_below(place, tree):
        try:
            tree.files.append(_file(path, Path(entry.path), folder, ground, is_link=entry.is_symlink()))
        except UnusableFile as error:
            tree.refuse(path, error.reason)
    return FoundRevision(place.name, tuple(tree.files), tuple(tree.refused))


def _file(path: str, entry: Path, folder: Path, ground: Ground, *, is_link: bool) -> FoundFile:
    if not is_link:
        return ground.file(path, entry)
    blobs, shared = folder / "blobs", folder.parent / "blobs"
    blob = entry.parent / entry.readlink()
    claimed = claimed_by(blob.name)
    if claimed is None or _normal(blob).parent != blobs:
        raise UnusableFile("it is a link that does not lead to a blob of its repository")
    place = ground.behind(entry, *(allowed for allowed in (blobs, shared) if allowed.is_relative_to(ground.root)))
    if not place.is_relative_to(blobs) and not _SHARED.fullmatch(place.relative_to(shared).as_posix()):
        raise UnusableFile(LEADS_OUT)
    return replace(ground.file(path, place), claimed=claimed)


def _normal(path: Path) -> Path:
    """Without ``..``, and with no link in its folders resolved that was not there when the cache was made."""
    return path.parent.resolve() / path.name


def _refs(refs: Path, commits: Collection[str]) -> dict[str, FoundRef]:
    """References to snapshots that are here; the file's time is when the hub was asked."""
    if not refs.is_dir() or refs.is_symlink():
        return {}
    read = ((name, _ref(entry)) for name, entry in entries_below(refs, Tree()) if _is_safe(name))
    return {name: found for name, found in read if found is not None and found.commit in commits}


def _ref(entry: os.DirEntry[str]) -> FoundRef | None:
    try:
        found = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LONGEST_REF:
            return None
        commit = Path(entry.path).read_text("utf-8", "replace").strip()
    except OSError:  # what cannot be read is not known
        return None
    return FoundRef(commit, datetime.fromtimestamp(found.st_mtime, UTC))


def _is_safe(name: str) -> bool:
    try:
        safe_path(name)
    except UnsafeName:
        return False
    return True
