"""Names as Ollama writes them: ``name:tag``, where no tag means ``:latest``. Pure."""

from steelyard.core.errors import BadRequest
from steelyard.core.ref import LATEST, Reference, parse

_TAG = f":{LATEST}"
_HOSTS = ("hf.co/", "huggingface.co/")  # how its users name models of the hub


class NoModel(BadRequest):
    """The request names no model."""

    slug = "no-model"
    title = "Which model?"


class WholeModel(BadRequest):
    """What was asked can be done to a whole model only."""

    slug = "whole-models-only"
    title = "That concerns a whole model"


def clean(name: str) -> str:
    """The reference that a name means. ``:latest`` is left away: a plain name finds what is here. Raises NoModel."""
    text = name.strip()
    host = next((host for host in _HOSTS if text.lower().startswith(host)), "")
    text = text[len(host) :]
    if text.lower().endswith(_TAG):
        text = text[: -len(_TAG)]
    if not text:
        raise NoModel("The request names no model.", hint='Send {"model": "org/name"}.')
    return text


def to_pull(name: str) -> Reference:
    """What a pull brings: one variant of a model, the default one unless a tag says which. Raises InvalidReference."""
    text = clean(name)
    reference = parse(text)
    return parse(f"{text}{_TAG}") if reference.variant is None and reference.entry_key is None else reference


def whole(name: str) -> Reference:
    """A whole model. Raises WholeModel for a variant or a revision of one, InvalidReference."""
    reference = parse(clean(name))
    if reference.variant is not None or reference.revision is not None:
        raise WholeModel(
            f"{name[:100]!r} is a part of a model; only whole models are copied, deleted and given names.",
            hint=f"Write {reference.bare}.",
        )
    return reference


def tagged(name: str) -> str:
    """A name as Ollama lists it: always with a tag."""
    return name if ":" in name else f"{name}{_TAG}"
