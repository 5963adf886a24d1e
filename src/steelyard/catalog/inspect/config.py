"""``config.json`` and its relatives: what the library that wrote them says about the model."""

import json
from collections.abc import Mapping
from typing import Any

from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.geometry import Geometry, of_config
from steelyard.catalog.inspect.words import clean_count, clean_text
from steelyard.catalog.models import Traits

LONGEST = 1024 * 1024  # bytes; a general parser may take 24 times as much memory
_CONTEXT_KEYS = (
    "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length", "seq_length",
    "model_max_length", "max_source_positions",
)  # fmt: skip
_INNER = ("text_config", "llm_config", "language_config", "decoder", "thinker_config")
_DTYPES = {
    "float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64", "float8_e4m3fn": "FP8",
    "float8_e5m2": "FP8", "int8": "I8", "uint8": "U8",
}  # fmt: skip


def read_config(data: bytes) -> Traits:
    """transformers' ``config.json``: what stands outside counts before what a nested text model says.

    Raises BadHeader. A general library's own keys are read where they stand: no library is asked.
    """
    config = _object(data)
    levels = [config, *(inner for key in _INNER if isinstance(inner := config.get(key), dict))]
    return Traits(
        architecture=clean_text(config.get("model_type")) or _first_class(config),
        quantization=_quantization(config) or _dtype(levels),
        context_length=_context(levels),
    )


def read_geometry(data: bytes) -> Geometry:
    """What running the model of a ``config.json`` takes. Raises BadHeader."""
    return of_config(_object(data))


def quantized_by(data: bytes) -> str | None:
    """The method of ``quantization_config``, which says more than the types of the packed numbers. Raises BadHeader."""
    return _quantization(_object(data))


def read_model_index(data: bytes) -> Traits:
    """diffusers' ``model_index.json``: the name of the pipeline. Raises BadHeader."""
    return Traits(architecture=clean_text(_object(data).get("_class_name")))


def read_adapter_config(data: bytes) -> Traits:
    """PEFT's ``adapter_config.json``: what kind of adapter it is. Raises BadHeader."""
    kind = clean_text(_object(data).get("peft_type"))
    return Traits(architecture=kind.lower() if kind else None)


def _object(data: bytes) -> Mapping[str, Any]:
    if len(data) > LONGEST:
        raise BadHeader(f"it has more than the {LONGEST:,} bytes that the depot reads")
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise BadHeader("it is nested too deeply") from error
    except ValueError as error:  # broken JSON, broken UTF-8, a number of thousands of digits
        raise BadHeader("it is not JSON") from error
    if not isinstance(value, dict):
        raise BadHeader("it is JSON, but no object")
    return value


def _first_class(config: Mapping[str, Any]) -> str | None:
    classes = config.get("architectures")
    return clean_text(classes[0]) if isinstance(classes, list) and classes else None


def _context(levels: list[Mapping[str, Any]]) -> int | None:
    found = (clean_count(level.get(key)) for level in levels for key in _CONTEXT_KEYS)
    return next((count for count in found if count is not None), None)


def _dtype(levels: list[Mapping[str, Any]]) -> str | None:
    named = (clean_text(level.get(key)) for level in levels for key in ("dtype", "torch_dtype"))
    words = (_DTYPES.get(name.removeprefix("torch.")) for name in named if name)
    return next((word for word in words if word), None)


def _quantization(config: Mapping[str, Any]) -> str | None:
    settings = config.get("quantization_config")
    method = clean_text(settings.get("quant_method"), 24) if isinstance(settings, dict) else None
    if method is None or not isinstance(settings, dict):
        return None
    if method == "bitsandbytes":
        return "BNB-4bit" if settings.get("load_in_4bit") is True else "BNB-8bit"
    bits = clean_count(settings.get("bits"))
    return f"{method.upper()}-{bits}bit" if bits and bits <= 64 else method.upper()
