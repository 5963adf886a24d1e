"""What an engine's process sees of the depot's environment: what programs need to run, and no secret."""

from collections.abc import Mapping

_NAMES = frozenset(
    {
        "PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
        "XDG_CACHE_HOME", "SYSTEMROOT", "TEMP", "TMP", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
    }
)  # fmt: skip
_BEGINNINGS = ("LC_", "CUDA_", "NVIDIA_", "OMP_", "MKL_")
_ALWAYS = {
    "PYTHONUNBUFFERED": "1",  # lines are seen when they are written
    "HF_HUB_OFFLINE": "1",  # what is not in the files that the depot gives is not fetched
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
}


def environment_of_child(own: Mapping[str, str], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of an engine, from the depot's own. Pure."""
    kept = {name: value for name, value in own.items() if name in _NAMES or name.startswith(_BEGINNINGS)}
    return {**kept, **_ALWAYS, **(more or {})}
