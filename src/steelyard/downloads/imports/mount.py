"""Reads a mount point as seed 000 keeps it: ``models_db.json`` and ``access_log.json`` beside the folders of models."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from steelyard.catalog.provenance import Origin
from steelyard.downloads.imports.folder import read_folder
from steelyard.downloads.imports.huggingface import Known, read_repository, repositories
from steelyard.downloads.imports.models import FoundModel
from steelyard.downloads.imports.naming import is_name, shown
from steelyard.downloads.imports.records import (
    Access,
    Line,
    Unreadable,
    read_downloads,
    read_models,
    with_downloads,
)
from steelyard.downloads.imports.tree import Ground
from steelyard.storage.adopt import StrangeFile, UnusableFile

MODELS, LOG = "models_db.json", "access_log.json"
_LARGEST = 256 * 1024 * 1024  # bytes of records: a million lines; more is no file of people
_UNFINISHED = frozenset({"downloading", "pending", "queued", "failed", "error"})


def read_mount(path: Path, ground: Ground, known: Known) -> list[FoundModel]:
    """Every model of a mount point; an entry that is broken, or whose folder is not there, is refused by itself."""
    try:
        lines, broken = read_models(_text(path / MODELS))
    except (Unreadable, UnusableFile) as error:
        return [FoundModel(MODELS, None, refused=f"{MODELS} cannot be used: {error}")]
    downloads, trouble = _downloads(path)
    refused = [FoundModel(f"{MODELS}: {shown(key)}", None, refused="the entry is no object") for key in broken]
    return [*(_model(line, path, ground, known, downloads) for line in lines), *refused, *trouble]


def _model(line: Line, path: Path, ground: Ground, known: Known, downloads: Sequence[Access]) -> FoundModel:
    label = shown(line.hub_name or line.told.title or line.key)
    folder = _folder(line, path)
    if folder is None:
        state = f"; its status is {line.status!r}" if line.status and line.status.lower() in _UNFINISHED else ""
        why = "its path leads out of the mount point" if _leads_out(line) else "its folder is not there"
        return FoundModel(label, None, refused=f"{why}{state}")
    origin = with_downloads(line, downloads)
    if origin.downloaded_at is None and origin.downloaded_by is not None:
        origin = replace(origin, downloaded_at=datetime.fromtimestamp(folder.stat().st_mtime, UTC))
    return _read(line, folder, ground, known, origin)


def _read(line: Line, folder: Path, ground: Ground, known: Known, origin: Origin) -> FoundModel:
    cached = repositories(folder)
    if len(cached) == 1:
        return replace(read_repository(cached[0], ground, known), origin=origin)
    names = (line.hub_name, line.told.title)
    name = next((name for name in names if name is not None and is_name(name)), None)
    return read_folder(folder, ground, name, origin, label=folder.relative_to(ground.root).as_posix())


def _folder(line: Line, path: Path) -> Path | None:
    """The model's folder: where its entry says, or by one of its names; never outside the mount point."""
    for place in _places(line, path):
        try:
            real = place.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):  # not there, a circle of links, or no path at all
            continue
        if real.is_dir() and real != path and real.is_relative_to(path):
            return real
    return None


def _places(line: Line, path: Path) -> Iterator[Path]:
    if line.path and not _leads_out(line):
        given = PurePosixPath(line.path)
        yield path / given
        if given.is_absolute():  # written by a program that saw the disk under another name
            yield from (path.joinpath(*given.parts[start:]) for start in range(1, len(given.parts)))
    for name in (line.hub_name, line.told.title, line.key):
        if name and ".." not in name.split("/") and not name.startswith("/"):
            flat = name.replace("/", "--")
            spellings = (name, flat, name.replace("/", "_"), name.replace("/", "__"), name.replace("/", "-"))
            yield from (path / spelling for spelling in (*spellings, f"models--{flat}"))


def _leads_out(line: Line) -> bool:
    return line.path is not None and ".." in PurePosixPath(line.path).parts


def _downloads(path: Path) -> tuple[list[Access], list[FoundModel]]:
    if not (path / LOG).exists():
        return [], []
    try:
        return read_downloads(_text(path / LOG)), []
    except (Unreadable, UnusableFile) as error:
        return [], [FoundModel(LOG, None, refused=f"{LOG} cannot be used, so first downloads are not known: {error}")]


def _text(place: Path) -> str:
    with StrangeFile(place) as file:
        if file.seen.size > _LARGEST:
            raise Unreadable("it is too large")
        return file.read(0, file.seen.size).decode("utf-8", "replace")
