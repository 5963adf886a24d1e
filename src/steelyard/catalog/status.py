"""What an entry is, from what is known about it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from steelyard.catalog.models import File, FileState, ModelStatus

WEIGHTS = {
    "gguf": (".gguf",), "safetensors": (".safetensors",), "onnx": (".onnx",),
    "pytorch": (".bin", ".pt", ".pth", ".ckpt", ".pkl"), "tensorflow": (".h5", ".msgpack", ".tflite"),
}  # fmt: skip
PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill", ".npy", ".npz")


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What the status is computed from."""

    deleted: bool
    any_complete: bool
    any_stored: bool
    has_live_job: bool
    is_quarantined: bool


def status_of(facts: EntryFacts) -> ModelStatus:
    """The one word for an entry. ``is_quarantined`` is about its newest complete revision."""
    if facts.deleted:
        return ModelStatus.DELETED
    if facts.any_complete:
        return ModelStatus.QUARANTINED if facts.is_quarantined else ModelStatus.READY
    if facts.has_live_job:
        return ModelStatus.DOWNLOADING
    if facts.any_stored:
        return ModelStatus.PARTIAL
    return ModelStatus.FAILED


def best_format(found: Collection[str]) -> str | None:
    """Of the formats that were found the best: GGUF runs anywhere, safetensors is safe, the others follow."""
    return next((name for name in WEIGHTS if name in found), None)


def is_pickle(path: str) -> bool:
    """Whether a file may execute code when it is loaded, by its suffix: the strict reading."""
    return path.lower().endswith(PICKLE_SUFFIXES)


def is_all_quarantined(files: Sequence[File]) -> bool:
    """Whether there are weights here and an administrator must look at every one of them first."""
    states = [file.state for file in files if is_weights(file.path) and file.state is not FileState.LISTED]
    return bool(states) and all(state is FileState.QUARANTINED for state in states)


def is_weights(path: str) -> bool:
    """Whether a file holds weights."""
    return any(path.lower().endswith(suffixes) for suffixes in WEIGHTS.values())


def format_of(paths: Sequence[str]) -> str | None:
    """The best format among the files."""
    lowered = [path.lower() for path in paths]
    return best_format({name for name, suffixes in WEIGHTS.items() if any(p.endswith(suffixes) for p in lowered)})
