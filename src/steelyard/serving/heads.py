"""What a model's files tell about running it. Synchronous, for worker threads."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from steelyard.catalog.inspect.abilities import LONGEST_TEMPLATE, Abilities, abilities_of
from steelyard.catalog.inspect.config import LONGEST, read_config, read_geometry
from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.geometry import Geometry
from steelyard.catalog.inspect.gguf import read_gguf
from steelyard.engines.llamacpp.bert import is_bert
from steelyard.engines.models import KvShape
from steelyard.serving.pick import GGUF, TEMPLATES, Picked


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a model before it is loaded; nothing where its files are silent or broken."""

    kv: KvShape | None = None
    context_length: int | None = None
    architecture: str | None = None
    has_template: bool = True
    only_reads: bool = False
    quantization: str | None = None
    abilities: Abilities | None = None
    is_bert: bool = False


def read_head(place: Path, picked: Picked) -> Head:
    """Of a GGUF file, or of the folder of a snapshot. Whatever is wrong with it, the engine says best: no error.

    Raises OSError when it cannot be read now.
    """
    try:
        return _of_gguf(place) if picked.format == GGUF else _of_folder(place, picked)
    except BadHeader:
        return Head()


def _of_gguf(place: Path) -> Head:
    with place.open("rb", buffering=0) as file:
        header = read_gguf(file, os.fstat(file.fileno()).st_size)
    geometry = header.geometry
    return Head(
        _shape(geometry), header.context_length, header.architecture, geometry.has_template, geometry.only_reads,
        header.quantization, geometry.abilities,
    )  # fmt: skip


def _of_folder(folder: Path, picked: Picked) -> Head:
    config = _read(folder / "config.json")
    traits, geometry = read_config(config), read_geometry(config)
    template = _template(_read(folder / "tokenizer_config.json"))
    if picked.has_template_file:
        template += "\n" + "\n".join(_text(folder / name) for name in TEMPLATES)
    return Head(
        _shape(geometry), traits.context_length, traits.architecture, bool(template), geometry.only_reads,
        traits.quantization, abilities_of(template), is_bert(folder),
    )  # fmt: skip


def _template(data: bytes) -> str:
    """The template within the tokenizer's configuration, or all of them where there are several."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    found = value.get("chat_template") if isinstance(value, dict) else None
    return found if isinstance(found, str) else json.dumps(found) if found else ""


def _text(path: Path) -> str:
    return _read(path)[:LONGEST_TEMPLATE].decode("utf-8", "replace")


def _shape(geometry: Geometry) -> KvShape | None:
    layers, heads, size = geometry.layers, geometry.kv_heads, geometry.head_size
    return KvShape(layers, heads, size) if layers and heads and size else None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except FileNotFoundError:
        return b""
