"""The errors of the shelf."""

from steelyard.catalog.models import EntryName
from steelyard.core.errors import Conflict, Forbidden, Invalid, NotFound


class ModelMissing(NotFound):
    """Nothing on the shelf has that name or id."""

    slug = "model-missing"
    title = "That model is not on the shelf"


class ModelPinned(Conflict):
    """A pinned model cannot be deleted."""

    slug = "model-pinned"
    title = "The model is pinned"


class ModelInactive(Conflict):
    """Its owner has switched the model off."""

    slug = "model-inactive"
    title = "The model is inactive"


class ModelBusy(Conflict):
    """A job works on the model, which would publish into its old place."""

    slug = "model-busy"
    title = "A job works on the model"


class ModelDeleted(Conflict):
    """The model was deleted, and nothing or nothing yet can be done about it."""

    slug = "model-deleted"
    title = "The model is deleted"


class NotYours(Forbidden):
    """Only the owner or an administrator may change a model."""

    slug = "not-your-model"
    title = "The model belongs to somebody else"


class BadAlias(Invalid):
    """The text cannot be the alias of a model."""

    slug = "bad-alias"
    title = "That cannot be an alias"


class AliasTaken(Conflict):
    """Another model has that name or alias."""

    slug = "alias-taken"
    title = "The alias is taken"


class TooManyNames(Conflict):
    """A model has as many aliases as one may have."""

    slug = "too-many-aliases"
    title = "The model has enough names"


def in_trash(reference: str) -> ModelMissing:
    """The 404 for a model that was deleted and can come back."""
    name = reference[:200]
    back = f"steelyard restore {name} (or POST /api/models/{name}/restore) brings it back"
    return ModelMissing(f"{name} is in the trash.", hint=f"{back}; steelyard rm {name} --purge frees its room.")


def being_purged(reference: str) -> ModelDeleted:
    """Its files are going just now."""
    hint = "Ask again in a moment: GET /jobs?kind=purge shows the job that does it."
    return ModelDeleted(f"{reference} is being purged just now.", hint=hint)


def purged(name: EntryName) -> ModelDeleted:
    """Its files are gone."""
    hint = f'POST /pull {{"model": "{name}"}} brings it anew; so does: steelyard pull {name}'
    if name.is_from_folder:
        hint = f"It came from a folder: steelyard import /the/folder --name {name} brings it anew."
    if name.is_pushed:
        hint = f"It was pushed here: hf upload {name} ./folder brings it anew."
    return ModelDeleted(f"{name} was deleted for good.", hint=hint)


def pinned(reference: str) -> ModelPinned:
    """Somebody said that it must stay."""
    hint = f'First: steelyard pin {reference} --off, or PATCH /api/models/{reference} {{"pinned": false}}.'
    return ModelPinned(f"{reference} is pinned and cannot be deleted.", hint=hint)


def busy(reference: str) -> ModelBusy:
    """It cannot go to the other shelf while a job brings files."""
    hint = "Ask again when it is done, or cancel it: GET /jobs shows the jobs, and steelyard jobs."
    return ModelBusy(f"A job works on {reference}; it cannot be made private or public meanwhile.", hint=hint)


def deleted_meanwhile(reference: str) -> ModelDeleted:
    """Somebody deleted it while somebody else asked for it."""
    return ModelDeleted(f"{reference} was deleted just now.", hint="Ask again to have it back.")


def inactive(reference: str, *, in_trash: bool = False) -> ModelInactive:
    """Its owner said that nobody shall use it."""
    first = f"steelyard restore {reference}, then " if in_trash else ""
    call = f'PATCH /api/models/{reference} {{"status": "active"}}'
    hint = f"{first}steelyard set {reference} --active (or {call}), or ask its owner."
    return ModelInactive(f"{reference} is inactive.", hint=hint)


def missing(reference: str) -> ModelMissing:
    """The 404 for a model, with the call that brings it."""
    name = reference[:200]
    return ModelMissing(f"{name} is not here.", hint=f'POST /pull {{"model": "{name}"}} or: steelyard pull {name}')
