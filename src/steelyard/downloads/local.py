"""Entries that came from a folder of this machine, or were pushed here: there is no hub behind them to ask for more."""

from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.models import DEPOT_HUB
from steelyard.core.errors import Conflict


class OnlyFromFolder(Conflict):
    """What is asked for was never imported, and an import has no hub that could bring it."""

    slug = "only-from-folder"
    title = "This model came from a folder"


def only_from_folder(model: str) -> OnlyFromFolder:
    """The refusal, with the way to bring more of it."""
    return OnlyFromFolder(
        f"{model} was imported from a folder, and not all of what is asked for is here; no hub can bring the rest.",
        hint=f"Import the folder again: steelyard import /the/folder --name {model}",
    )


def nothing_pushed(model: str) -> ModelMissing:
    """The 404 for a name of the team's own."""
    return ModelMissing(f"{model} is not here, and only pushing brings it.", hint=f"hf upload {model} ./folder")


def nobody_brings(hub: str, model: str) -> OnlyFromFolder:
    """The refusal for what came from a folder, or was pushed."""
    if hub != DEPOT_HUB:
        return only_from_folder(model)
    return OnlyFromFolder(
        f"{model} was pushed here, and not all of what is asked for is here; no hub can bring the rest.",
        hint=f"Push it again: hf upload {model} ./folder",
    )
