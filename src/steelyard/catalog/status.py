"""What an entry is, from what is known about it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.catalog.models import FileState, ModelStatus

_WEIGHTS = {
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
    last_job_failed: bool
    weights: Sequence[FileState]


def status_of(facts: EntryFacts) -> ModelStatus:
    """The one word for an entry. ``weights`` are the states of the weight files of its newest complete revision."""
    if facts.deleted:
        return ModelStatus.DELETED
    if facts.any_complete:
        held = [state for state in facts.weights if state is not FileState.LISTED]
        all_held = bool(held) and all(state is FileState.QUARANTINED for state in held)
        return ModelStatus.QUARANTINED if all_held else ModelStatus.READY
    if facts.has_live_job:
        return ModelStatus.DOWNLOADING
    if facts.any_stored:
        return ModelStatus.PARTIAL
    return ModelStatus.FAILED


def is_pickle(path: str) -> bool:
    """Whether a file may execute code when it is loaded, by its suffix: the strict reading."""
    return path.lower().endswith(PICKLE_SUFFIXES)


def is_weights(path: str) -> bool:
    """Whether a file holds weights."""
    return any(path.lower().endswith(suffixes) for suffixes in _WEIGHTS.values())


def format_of(paths: Sequence[str]) -> str | None:
    """The best format among the files: GGUF runs anywhere, safetensors is safe, the others follow."""
    lowered = [path.lower() for path in paths]
    return next((name for name, suffixes in _WEIGHTS.items() if any(p.endswith(suffixes) for p in lowered)), None)
