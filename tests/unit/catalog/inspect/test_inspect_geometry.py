"""The shape of the key-value cache, from what headers say."""

from typing import Any

import pytest

from steelyard.catalog.inspect.geometry import Geometry, of_config, of_gguf


def gguf(**values: Any) -> Geometry:
    named = {f"llama.{name.replace('__', '.')}": value for name, value in values.items()}
    return of_gguf(named, "llama")


LATENT = {"num_hidden_layers": 61, "num_attention_heads": 128, "kv_lora_rank": 512, "qk_rope_head_dim": 64}


@pytest.mark.parametrize(
    ("found", "shape"),
    [
        (gguf(block_count=32, embedding_length=4096, attention__head_count=32, attention__head_count_kv=8),
         (32, 8, 128)),
        (gguf(block_count=32, embedding_length=4096, attention__head_count=32), (32, 32, 128)),
        (gguf(block_count=2, attention__head_count=4, attention__key_length=64, attention__value_length=96),
         (2, 4, 96)),
        (gguf(block_count=3, attention__head_count=8, attention__head_count_kv=[8, 0, 5], attention__key_length=64),
         (3, 5, 64)),
        (gguf(block_count=61, attention__head_count=128, attention__kv_lora_rank=512, rope__dimension_count=64),
         (61, 1, 288)),
        (gguf(), (None, None, None)),
        (gguf(block_count=-1, embedding_length="x", attention__head_count=2**40), (None, None, None)),
        (of_config({"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "num_key_value_heads": 2}),
         (2, 2, 16)),
        (of_config({"text_config": {"num_hidden_layers": 2, "head_dim": 8, "num_attention_heads": 4}}), (2, 4, 8)),
        (of_config({"n_layer": 12, "n_embd": 768, "n_head": 12}), (12, 12, 64)),
        (of_config(LATENT), (61, 1, 288)),
        (of_config({}), (None, None, None)),
    ],
)  # fmt: skip
def test_shapes(found: Geometry, shape: tuple[int | None, int | None, int | None]) -> None:
    assert (found.layers, found.kv_heads, found.head_size) == shape


def test_templates_and_readers() -> None:
    assert of_gguf({"tokenizer.chat_template": None}, "llama").has_template
    assert not of_gguf({}, "llama").has_template
    assert of_gguf({}, "bert").only_reads
    assert of_config({"model_type": "xlm-roberta"}).only_reads
    assert not of_config({"model_type": ["bert"]}).only_reads
