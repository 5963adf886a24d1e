"""What a pull that ended well has left: something to use, or files that wait in quarantine."""

import typer

from steelyard.cli.desk import FAILED, Desk
from steelyard.cli.words import plain
from steelyard.client import Client, NotFound
from steelyard.client.shapes import Model

_NAMED = 5


def arrived(desk: Desk, client: Client, model: str | None, text: str) -> None:
    """Say ``text`` and what is held back of the model. Raises typer.Exit with 1 when it cannot be used yet."""
    found = _look(client, model)
    held = held_back(found) if found is not None else []
    if found is not None and found["status"] == "quarantined":
        wait = "1 file (a pickle) waits" if len(held) == 1 else f"{len(held)} files (pickles) wait"
        desk.notice(f"{plain(model)} cannot be used yet: {wait} in quarantine for an administrator{_names(held)}.")
        raise typer.Exit(FAILED)
    desk.notice(text)
    if held:
        count = "1 file is" if len(held) == 1 else f"{len(held)} files are"
        desk.notice(f"{count} held in quarantine{_names(held)}")


def held_back(model: Model) -> list[str]:
    """The paths of the files in quarantine."""
    return [file["path"] for file in model.get("files", []) if file.get("state") == "quarantined"]


def _look(client: Client, model: str | None) -> Model | None:
    if model is None:
        return None
    try:
        return client.models.get(model)
    except NotFound:  # taken from the shelf in the meantime
        return None


def _names(paths: list[str]) -> str:
    if not paths:
        return ""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f": {', '.join(plain(path) for path in paths[:_NAMED])}{more}"
