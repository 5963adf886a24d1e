"""Which files of a revision a model is run from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.models import File, FileState
from steelyard.catalog.status import WEIGHTS
from steelyard.catalog.variants import Choice, choices_of, find_choice
from steelyard.core.ref import LATEST
from steelyard.serving.errors import ModelNotReady, WrongModel

GGUF, SAFETENSORS = "gguf", "safetensors"
TEMPLATES = ("chat_template.jinja", "chat_template.json")


@dataclass(frozen=True, slots=True)
class Picked:
    """``path`` is the file to begin with, inside the revision; None: the whole folder. ``size`` of weights in bytes.

    ``variant`` is None for weights that have no variants; ``is_default``: what a plain name means.
    """

    format: str
    path: str | None
    size: int
    variant: str | None = None
    is_default: bool = True
    has_template_file: bool = False


def pick(files: Sequence[File], variant: str | None, name: str) -> Picked:
    """What to run: the variant asked for, else the default GGUF one, else another that is here, else the folder.

    Raises ModelMissing when what is needed is not here, ModelNotReady when it waits in quarantine, WrongModel for what
    is no model that answers.
    """
    choices = choices_of(files)
    if variant is not None and not (variant == LATEST and not choices):
        return _of_variant(files, variant, name)
    here = _paths(files, FileState.STORED)
    ready = [choice for choice in choices if here.issuperset(choice.paths)]
    if ready:
        return _of_choice(next((one for one in ready if one.variant.is_default), ready[0]), files)
    found = _of_folder(files, name)
    if found is None:
        raise _nothing(files, name)
    return found


def _of_variant(files: Sequence[File], variant: str, name: str) -> Picked:
    choice = find_choice(files, variant)
    bring = f'POST /pull {{"model": "{name}:{variant}"}} or: steelyard pull {name}:{variant}'
    if choice is None:
        known = ", ".join(one.variant.name for one in choices_of(files)[:12])
        raise ModelMissing(
            f"{name} has no variant {variant}.", hint=f"It has: {known}." if known else "It has none: leave it out."
        )
    if not _paths(files, FileState.STORED).issuperset(choice.paths):
        raise ModelMissing(f"The variant {choice.variant.name} of {name} is not here.", hint=bring)
    return _of_choice(choice, files)


def _of_choice(choice: Choice, files: Sequence[File]) -> Picked:
    size = sum(file.size for file in files if file.path in choice.paths)
    return Picked(GGUF, choice.paths[0], size, choice.variant.name, choice.variant.is_default)


def _of_folder(files: Sequence[File], name: str) -> Picked | None:
    """A folder of weights as transformers reads it: everything at its top."""
    top = {file.path: file for file in files if "/" not in file.path}
    for form in (SAFETENSORS, *(other for other in WEIGHTS if other not in {GGUF, SAFETENSORS})):
        weights = [file for path, file in top.items() if path.lower().endswith(WEIGHTS[form])]
        stored = [file for file in weights if file.state is FileState.STORED]
        if not stored or not _is_here(top, "config.json"):
            continue
        if _is_cut(stored, weights):
            raise ModelMissing(
                f"Some of the weights of {name} are not here.",
                hint=f'POST /pull {{"model": "{name}"}} brings the rest; so does: steelyard pull {name}',
            )
        return Picked(
            form,
            None,
            sum(file.size for file in stored),
            has_template_file=any(_is_here(top, one) for one in TEMPLATES),
        )
    return None


def _is_cut(stored: Sequence[File], weights: Sequence[File]) -> bool:
    """Whether a numbered part is missing beside those that are here."""
    parted = [file for file in weights if "-of-" in file.path]
    return any("-of-" in file.path for file in stored) and any(file.state is not FileState.STORED for file in parted)


def _is_here(top: dict[str, File], path: str) -> bool:
    return path in top and top[path].state is FileState.STORED


def _paths(files: Sequence[File], state: FileState) -> set[str]:
    return {file.path for file in files if file.state is state}


def _nothing(files: Sequence[File], name: str) -> ModelMissing | ModelNotReady | WrongModel:
    """Why there is nothing to run."""
    names = {PurePosixPath(file.path).name for file in files if file.state is FileState.STORED}
    weights = [
        file for file in files if file.path.lower().endswith(tuple(end for ends in WEIGHTS.values() for end in ends))
    ]
    if any(file.state is FileState.QUARANTINED for file in weights):
        return ModelNotReady(
            f"The weights of {name} are pickle files in quarantine.",
            hint=f"An administrator may say: steelyard allow {name}",
        )
    if "model_index.json" in names:
        return WrongModel(
            f"{name} makes images or sound; no engine of this depot runs it.", hint="Ask a language model."
        )
    if "adapter_config.json" in names:
        return WrongModel(f"{name} is an adapter: it needs the model that it belongs to.", hint="Ask that model.")
    if any(file.state is FileState.LISTED for file in weights):
        return ModelMissing(
            f"The weights of {name} are not here.", hint=f'POST /pull {{"model": "{name}"}} or: steelyard pull {name}'
        )
    return WrongModel(
        f"{name} has no weights that an engine could load.", hint=f"GET /api/models/{name} lists its files."
    )
