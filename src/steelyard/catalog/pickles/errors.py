"""The errors of letting files out of quarantine."""

from steelyard.core.errors import Conflict, Forbidden


class OnlyAdministrators(Forbidden):
    """Whoever lets a file out of quarantine answers for everybody who loads it."""

    slug = "only-administrators"
    title = "Only an administrator may do that"


class NothingHeld(Conflict):
    """The model has no file to which it could be done."""

    slug = "nothing-held"
    title = "There is no such file in the model"


def only_administrators(model: str) -> OnlyAdministrators:
    """The 403 for anybody else."""
    return OnlyAdministrators(
        f"Only an administrator decides about the quarantined files of {model}.",
        hint=f"Ask one for: steelyard allow {model} --reason 'why it can be trusted'.",
    )


def nothing_waits(model: str) -> NothingHeld:
    """There is nothing to allow."""
    return NothingHeld(f"No file of {model} waits in quarantine.", hint=f"steelyard show {model} lists its files.")


def nothing_allowed(model: str) -> NothingHeld:
    """There is nothing to take back."""
    return NothingHeld(
        f"No file of {model} was allowed by an administrator.", hint=f"steelyard show {model} lists its files."
    )
