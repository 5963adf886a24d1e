"""Finds repositories in a folder, for the demo and the bench."""

from pathlib import Path


def find_repositories(root: Path) -> dict[str, dict[str, Path]]:
    """The files of each repository below ``root``, by ``name`` or ``org/name``.

    A folder with a file in it is a repository; one with only folders in it is an organisation. Hidden names are left
    out. Raises FileNotFoundError when ``root`` is no folder.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is no folder; make it and put repositories into it as ORG/NAME/FILES")
    found: dict[str, dict[str, Path]] = {}
    for top in _visible(root):
        for folder in [top] if _has_files(top) else _visible(top):
            found[folder.relative_to(root).as_posix()] = _files(folder)
    return found


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.iterdir())


def _files(folder: Path) -> dict[str, Path]:
    inside = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in inside.items()
        if not any(part.startswith(".") and part != ".gitattributes" for part in name.parts)
    }
