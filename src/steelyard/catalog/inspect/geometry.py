"""What running a model takes and what it can be asked: read from its header, kept nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.catalog.inspect.abilities import Abilities, abilities_of
from steelyard.catalog.inspect.words import clean_count, clean_text

_INNER = ("text_config", "llm_config", "language_config", "decoder", "thinker_config")
TEMPLATE = "tokenizer.chat_template"  # others have a name behind it: ``tokenizer.chat_template.tool_use``
_MOST_LAYERS, _LARGEST_HEAD = 10_000, 65_536
# Architectures that only read: they make vectors, and no next word.
ENCODERS = frozenset({
    "bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "neo-bert", "modern-bert",
    "gemma-embedding", "nomic_bert", "modernbert", "roberta", "xlm-roberta", "camembert", "distilbert", "mpnet",
    "electra", "deberta-v2", "albert", "new", "gte",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Geometry:
    """The shape of the key-value cache; None where the header is silent.

    ``head_size`` is that of one vector of one head. ``only_reads``: it makes vectors and answers nothing.
    """

    layers: int | None = None
    kv_heads: int | None = None
    head_size: int | None = None
    has_template: bool = False
    only_reads: bool = False
    abilities: Abilities = field(default_factory=Abilities)


def of_gguf(values: Mapping[str, Any], architecture: str | None) -> Geometry:
    """From a GGUF file's metadata. Where layers differ, ``head_count_kv`` is a list: their mean counts, rounded up."""

    def number(name: str, most: int = _LARGEST_HEAD) -> int | None:
        value = values.get(f"{architecture}.{name}")
        if isinstance(value, list):
            value = -(-sum(value) // len(value)) if value else None
        return _bounded(value, most)

    heads = number("attention.head_count")
    key, value = number("attention.key_length"), number("attention.value_length")
    size = max(key, value or key) if key else _quotient(number("embedding_length", 2**24), heads)
    kv_heads = number("attention.head_count_kv") or heads
    latent = number("attention.kv_lora_rank")
    if latent is not None:  # multi-head latent attention keeps one vector for all heads, and its rotary part
        kv_heads, size = 1, -(-(latent + (number("rope.dimension_count") or 0)) // 2)
    return Geometry(
        layers=number("block_count", _MOST_LAYERS),
        kv_heads=kv_heads,
        head_size=size,
        has_template=TEMPLATE in values,
        only_reads=architecture in ENCODERS,
        abilities=abilities_of("\n".join(str(value) for name, value in values.items() if name.startswith(TEMPLATE))),
    )


def of_config(config: Mapping[str, Any]) -> Geometry:
    """From transformers' ``config.json``; a text model inside counts where the outside is silent."""
    levels = [config, *(inner for key in _INNER if isinstance(inner := config.get(key), dict))]

    def number(*names: str, most: int = _LARGEST_HEAD) -> int | None:
        found = (_bounded(level.get(name), most) for level in levels for name in names)
        return next((value for value in found if value is not None), None)

    heads = number("num_attention_heads", "n_head")
    latent = number("kv_lora_rank")
    kv_heads, size = number("num_key_value_heads") or heads, number("head_dim")
    if latent is not None:
        kv_heads, size = 1, -(-(latent + (number("qk_rope_head_dim") or 0)) // 2)
    return Geometry(
        layers=number("num_hidden_layers", "n_layer", "num_layers", most=_MOST_LAYERS),
        kv_heads=kv_heads,
        head_size=size or _quotient(number("hidden_size", "n_embd", most=2**24), heads),
        only_reads=clean_text(config.get("model_type")) in ENCODERS,
    )


def _bounded(value: Any, most: int) -> int | None:
    count = clean_count(value)
    return count if count is not None and count <= most else None


def _quotient(whole: int | None, parts: int | None) -> int | None:
    return -(-whole // parts) if whole and parts else None
