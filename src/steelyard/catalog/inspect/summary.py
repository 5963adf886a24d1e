"""From what single files said to what the model is. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from steelyard.catalog.facts import RevisionFacts, merged
from steelyard.catalog.inspect.card import license_of_names
from steelyard.catalog.inspect.gguf import GgufHeader
from steelyard.catalog.inspect.readings import Readings
from steelyard.catalog.models import File, FileState, Traits
from steelyard.catalog.quantization import word_in
from steelyard.catalog.variants import find_choice, variants_of
from steelyard.core.ref import LATEST

_SHARD = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})")
_FIRST_CHOICE = ("model", "diffusion_pytorch_model", "adapter_model")
_TYPES = {"F8_E4M3": "FP8", "F8_E5M2": "FP8", "F8_E4M3FNUZ": "FP8", "F8_E5M2FNUZ": "FP8", "F4": "FP4"}
_MOST_PROBLEMS = 20


def summarize(files: Sequence[File], readings: Readings) -> RevisionFacts:
    """The facts of a revision; of its ``files`` those that are stored were read.

    A model in several variants is described by the default one of those that are here. What a header counts is exact;
    it is left out when a part of the model is missing or cannot be read.
    """
    here = [file for file in files if file.state is FileState.STORED]
    by_headers = _of_gguf(here, readings) or _of_safetensors(here, readings)
    names = Traits(license=license_of_names(file.path for file in files))
    card = Traits(license=readings.license)
    traits = merged(card, by_headers or Traits(), readings.config, names)
    return RevisionFacts(traits, _bounded(readings.problems), variants_of(files))


def _of_gguf(files: Sequence[File], readings: Readings) -> Traits | None:
    choice = find_choice([file for file in files if file.path in readings.gguf], LATEST)
    if choice is None:
        return None
    headers = [readings.gguf[path] for path in choice.paths]
    word = word_in(choice.paths[0]) or headers[0].quantization
    said = [Traits(one.architecture, None, one.quantization, one.context_length, one.license) for one in headers]
    return merged(Traits(quantization=word, parameters=_parameters(headers)), *said)


def _parameters(headers: Sequence[GgufHeader]) -> int | None:
    is_whole = all(header.parts in {None, len(headers)} for header in headers)
    return sum(header.parameters for header in headers) if is_whole else None


def _of_safetensors(files: Sequence[File], readings: Readings) -> Traits | None:
    if not readings.safetensors:
        return None
    paths = main_weights(files)
    headers = [readings.safetensors[path] for path in paths if path in readings.safetensors]
    if not headers or len(headers) < len(paths):
        return Traits(quantization=readings.packed)
    dtypes: Counter[str] = sum((header.dtypes for header in headers), Counter())
    most = dtypes.most_common(1)[0][0] if dtypes else None
    word = readings.packed or _TYPES.get(most or "", most)
    return Traits(parameters=dtypes.total(), quantization=word)


def main_weights(files: Sequence[File]) -> list[str]:
    """The safetensors files that make up the model itself; empty when a shard of it is missing.

    At the top of a repository the usual name, else the largest set; without any at the top, one set of each folder: the
    parts of a pipeline.
    """
    folders: dict[str, dict[tuple[str, int], list[File]]] = {}
    for file in files:
        if file.path.lower().endswith(".safetensors"):
            path = PurePosixPath(file.path)
            shard = _SHARD.fullmatch(path.stem)
            key = (shard["stem"], int(shard["count"])) if shard else (path.stem, 1)
            folders.setdefault(str(path.parent), {}).setdefault(key, []).append(file)
    chosen = [folders["."]] if "." in folders else list(folders.values())
    sets = [_best_set(sets) for sets in chosen]
    return [path for paths in sets for path in paths] if all(sets) else []


def _best_set(sets: dict[tuple[str, int], list[File]]) -> list[str]:
    """The paths of one set, the usual name first; none when it is not whole."""

    def rank(key: tuple[str, int]) -> tuple[int, int, str]:
        place = _FIRST_CHOICE.index(key[0]) if key[0] in _FIRST_CHOICE else len(_FIRST_CHOICE)
        return place, -sum(file.size for file in sets[key]), key[0]

    best = min(sets, key=rank)
    return sorted(file.path for file in sets[best]) if len(sets[best]) == best[1] else []


def _bounded(problems: Sequence[str]) -> tuple[str, ...]:
    """As many as people read."""
    more = len(problems) - _MOST_PROBLEMS
    return (*problems[:_MOST_PROBLEMS], *([f"and {more:,} more files with problems"] if more > 0 else []))
