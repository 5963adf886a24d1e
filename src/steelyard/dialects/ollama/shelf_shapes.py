"""Models of the shelf as Ollama shows them. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from steelyard.catalog.inspect.abilities import Abilities
from steelyard.catalog.models import Entry, Revision
from steelyard.core.clock import iso
from steelyard.dialects.ollama.names import tagged
from steelyard.serving.protocol import LoadedModel
from steelyard.serving.servable import Servable

_FOR_EVER = timedelta(days=36_525)  # how long something stays that stays: clients want a moment
_THOUSAND = 1000.0
Shown = dict[str, Any]


def tag(name: str, entry: Entry, newest: Revision | None) -> Shown:
    """One line of ``/api/tags``: of several variants the usual one, as far as it is here."""
    usual = next((one.size for one in newest.variants if one.is_default), entry.size) if newest else entry.size
    return {
        "name": tagged(name),
        "model": tagged(name),
        "modified_at": iso(entry.created_at),
        "size": min(usual, entry.size),
        "digest": digest(str(entry.name), newest.commit if newest else None),
        "details": details(entry),
    }


def foreign(name: str, now: datetime) -> Shown:
    """One line of ``/api/tags`` for a model that another server has."""
    return {
        "name": tagged(name), "model": tagged(name), "modified_at": iso(now), "size": 0, "digest": digest(name, None),
        "details": no_details(),
    }  # fmt: skip


def foreign_shown(name: str, now: datetime) -> Shown:
    """The answer of ``/api/show`` for one."""
    return {
        "modelfile": f"FROM {name}", "parameters": "", "template": "", "license": "", "system": "",
        "details": no_details(), "messages": [], "model_info": {}, "capabilities": ["completion"],
        "modified_at": iso(now),
    }  # fmt: skip


def loaded(model: LoadedModel, entry: Entry | None, commit: str | None, now: datetime, *, has_gpu: bool) -> Shown:
    """One line of ``/api/ps``. Without an entry another server has the model; without a GPU nothing is on one."""
    return {
        "name": tagged(model.model),
        "model": tagged(model.model),
        "size": model.bytes,
        "digest": digest(str(entry.name) if entry else model.model, commit),
        "details": details(entry) if entry else no_details(),
        "expires_at": iso(model.expires_at or now + _FOR_EVER),
        "size_vram": model.bytes if has_gpu else 0,
        "context_length": model.context,
    }


def once_each(models: Sequence[LoadedModel]) -> list[LoadedModel]:
    """One line for each name: clients take it for a key. Of several loads the sum, and the longest context."""
    found: dict[str, LoadedModel] = {}
    for model in models:
        other = found.get(model.model, replace(model, bytes=0))
        longest = max(model, other, key=lambda one: one.context)
        found[model.model] = replace(longest, bytes=other.bytes + model.bytes)
    return list(found.values())


def as_run(found: Servable, entry: Entry) -> Entry:
    """An entry of which one variant is meant: with that one's size and facts."""
    weights = found.weights
    traits = replace(entry.traits, quantization=found.quantization, context_length=weights.context_length)
    return replace(entry, size=weights.size, format=weights.format, traits=traits)


def shown(name: str, entry: Entry, found: Servable, facts: Mapping[str, Any]) -> Shown:
    """The answer of ``/api/show``; ``facts`` are further ones for ``model_info``."""
    entry, preset = as_run(found, entry), found.preset
    parameters = _parameters(preset.parameters)
    base = f"FROM {entry.name}"
    system = [f'SYSTEM """{preset.system}"""'] if preset.system else []
    return {
        "modelfile": "\n".join([base, *(f"PARAMETER {one}" for one in parameters), *system]),
        "parameters": "\n".join(parameters),
        "template": "",
        "license": entry.traits.license or "",
        "system": preset.system or "",
        "details": details(entry, parent=str(entry.name) if name != str(entry.name) else ""),
        "messages": list(preset.messages),
        "model_info": model_info(entry) | dict(facts),
        "capabilities": capabilities(found),
        "modified_at": iso(entry.created_at),
    }


def model_info(entry: Entry) -> Shown:
    """What is known of a model, by the keys of GGUF."""
    traits = entry.traits
    family = traits.architecture or "unknown"
    known = {
        "general.architecture": traits.architecture,
        "general.parameter_count": traits.parameters,
        "general.quantization": traits.quantization,
        f"{family}.context_length": traits.context_length,
    }
    return {name: value for name, value in known.items() if value is not None}


def details(entry: Entry, parent: str = "") -> Shown:
    """What stands in every list beside a model."""
    traits = entry.traits
    family = traits.architecture or ""
    return {
        "parent_model": parent,
        "format": entry.format or "",
        "family": family,
        "families": [family] if family else [],
        "parameter_size": in_words(traits.parameters),
        "quantization_level": traits.quantization or "",
        "context_length": traits.context_length or 0,
    }


def no_details() -> Shown:
    """Of a model that another server has."""
    return {"parent_model": "", "format": "", "family": "", "families": [], "parameter_size": "",
            "quantization_level": ""}  # fmt: skip


def capabilities(found: Servable) -> Sequence[str]:
    """What it can be asked for; of tools and thinking what its chat template tells."""
    if found.only_reads:
        return ["embedding"]
    can = found.abilities or Abilities()
    return ["completion", *(["tools"] if can.tools else []), *(["thinking"] if can.thinking else [])]


def digest(name: str, commit: str | None) -> str:
    """64 hexadecimal digits that change with the model: clients cut them to twelve."""
    return hashlib.sha256(f"{name}@{commit or ''}".encode()).hexdigest()


def in_words(parameters: int | None) -> str:
    """A number of parameters as ``7.2B`` or ``494M``."""
    if parameters is None:
        return ""
    number = float(parameters)
    for unit in ("", "K", "M", "B"):
        if number < _THOUSAND or unit == "B":
            return f"{number:.3g}{unit}" if number < _THOUSAND else f"{number:.0f}{unit}"
        number /= _THOUSAND
    raise AssertionError("unreachable")


def _parameters(parameters: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, value in sorted(parameters.items()):
        values = value if isinstance(value, list) else [value]
        lines += [f'{name} "{one}"' if isinstance(one, str) else f"{name} {one}" for one in values]
    return lines
