"""Looks at a folder and says which models are in it: reads names, sizes and records, and of weights nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from steelyard.downloads.imports.errors import NameUnclear, NothingToImport, PathInvalid, PathMissing
from steelyard.downloads.imports.folder import models_in, read_folder
from steelyard.downloads.imports.huggingface import Known, read_repository, repositories
from steelyard.downloads.imports.models import Asked, FoundModel, ImportKind
from steelyard.downloads.imports.mount import MODELS, read_mount
from steelyard.downloads.imports.naming import shown
from steelyard.downloads.imports.permission import Grant, Permission
from steelyard.downloads.imports.tree import Ground
from steelyard.storage.adopt import reason_of


def granted(asked: Asked, permission: Permission) -> Grant:
    """The folder itself, links resolved, and what allows it. Raises PathInvalid, PathRefused, PathMissing: in this
    order, so that whoever may not look does not learn what is there; and NothingToImport."""
    given = Path(asked.path)
    if not given.is_absolute() or "\0" in asked.path:
        raise PathInvalid("The path must start at the root of the server's disk.", hint="Write it like /data/hf.")
    grant = permission.grant(_resolved(given))
    _require_folder(grant.path, permission.store)
    return grant


def _resolved(path: Path) -> Path:
    try:
        resolved = path.resolve()
        str(resolved).encode()  # a name that is no text cannot be written down
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links
        raise PathMissing("The path leads nowhere.", hint="Check it on the server.") from error
    return resolved


def _require_folder(path: Path, store: Path) -> None:
    try:
        is_folder = path.is_dir()
    except OSError:  # a name that is too long, a folder on the way that is closed
        is_folder = False
    if not is_folder:
        raise PathMissing(
            "The server has no such folder, or may not read it.",
            hint="The path is meant on the machine of the depot, and for its user. Mount or copy the folder there.",
        )
    if store.is_relative_to(path) and path != store:
        raise NothingToImport(
            "The folder contains the depot's own store.", hint="Name the folder of the models, not one above it."
        )


def kind_of(asked: Asked, path: Path, store: Path) -> ImportKind:
    """What the folder is to be read as; the depot's own store only as what it is. Raises NothingToImport, OSError."""
    if path.is_relative_to(store):
        if asked.kind in {ImportKind.FOLDER, ImportKind.MOUNT}:
            raise NothingToImport(
                "The depot's own store is no folder of models.", hint="Import it as kind=huggingface."
            )
        return ImportKind.HUGGINGFACE
    if asked.kind is not ImportKind.AUTO:
        return asked.kind
    if (path / MODELS).is_file():
        return ImportKind.MOUNT
    return ImportKind.HUGGINGFACE if repositories(path) else ImportKind.FOLDER


def read(asked: Asked, grant: Grant, store: Path, device: int, known: Known) -> tuple[ImportKind, list[FoundModel]]:
    """Every model in the folder that was granted, those that must be refused too. ``store`` is the depot's own.

    Raises PathRefused, PathMissing, NothingToImport, NameUnclear.
    """
    path = grant.path
    grant.require(_resolved(path))
    _require_folder(path, store)
    try:
        kind, in_store = kind_of(asked, path, store), path.is_relative_to(store)
        found = _READERS[kind](asked, path, Ground(path, device), known)
        return kind, [replace(model, in_store=in_store) for model in found]
    except OSError as error:
        raise PathMissing(
            f"The folder cannot be read: {reason_of(error)}.", hint="Check its owner and mode."
        ) from error


def _read_cache(asked: Asked, path: Path, ground: Ground, known: Known) -> list[FoundModel]:
    _refuse_name(asked)
    folders = repositories(path)
    if not folders:
        raise NothingToImport(
            "There is no Hugging Face cache in that folder.",
            hint="Point at the folder with models--org--name in it, or import it as a plain folder: kind=folder.",
        )
    return [_surely(folder, lambda place: read_repository(place, ground, known)) for folder in folders]


def _read_folders(asked: Asked, path: Path, ground: Ground, _known: Known) -> list[FoundModel]:
    if repositories(path):
        raise NothingToImport("That folder is a Hugging Face cache.", hint="Import it with kind=huggingface.")
    found = models_in(path)
    if asked.name is not None and list(found) != [""]:
        some = ", ".join(shown(name) for name in list(found)[:3])
        raise NameUnclear(
            f"There are {len(found)} models in the folder ({some}); one name does not fit them all.",
            hint="Import one of them alone, or leave the name out.",
        )
    return [read_folder(folder, ground, asked.name, label=name or path.name) for name, folder in found.items()]


def _read_mount(asked: Asked, path: Path, ground: Ground, known: Known) -> list[FoundModel]:
    _refuse_name(asked)
    if not (path / MODELS).is_file():
        raise NothingToImport(f"There is no {MODELS} in that folder.", hint="Point at the mount point itself.")
    return read_mount(path, ground, known)


def _refuse_name(asked: Asked) -> None:
    if asked.name is not None:
        raise NameUnclear("A name is for one plain folder; here the models have names.", hint="Leave the name out.")


def _surely(folder: Path, reader: Callable[[Path], FoundModel]) -> FoundModel:
    try:
        return reader(folder)
    except OSError as error:
        return FoundModel(shown(folder.name), None, refused=reason_of(error))


_READERS = {
    ImportKind.HUGGINGFACE: _read_cache, ImportKind.FOLDER: _read_folders, ImportKind.MOUNT: _read_mount,
}  # fmt: skip
