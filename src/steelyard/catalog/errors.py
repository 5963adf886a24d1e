"""The errors of the shelf."""

from steelyard.core.errors import NotFound


class ModelMissing(NotFound):
    """Nothing on the shelf has that name or id."""

    slug = "model-missing"
    title = "That model is not on the shelf"


def missing(reference: str) -> ModelMissing:
    """The 404 for a model, with the call that brings it."""
    name = reference[:200]
    return ModelMissing(f"{name} is not here.", hint=f'POST /pull {{"model": "{name}"}} or: steelyard pull {name}')
