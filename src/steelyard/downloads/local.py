"""Entries that came from a folder of this machine: there is no hub behind them to fetch anything from."""

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
