"""What config files say."""

import json
from typing import Any

import pytest

from steelyard.catalog.inspect.config import LONGEST, quantized_by, read_adapter_config, read_config, read_model_index
from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.models import Traits


def as_file(config: Any) -> bytes:
    """As it lies on the disk."""
    return json.dumps(config).encode()


def test_a_plain_config() -> None:
    config = {"model_type": "llama", "max_position_embeddings": 4096, "torch_dtype": "bfloat16"}
    assert read_config(as_file(config)) == Traits("llama", None, "BF16", 4096)


@pytest.mark.parametrize(
    ("config", "context"),
    [
        ({"n_positions": 1024}, 1024), ({"n_ctx": 512}, 512), ({"max_seq_len": 2048}, 2048),
        ({"text_config": {"max_position_embeddings": 8192}}, 8192),
        ({"max_position_embeddings": 77, "text_config": {"max_position_embeddings": 8192}}, 77),
        ({"text_config": "no object", "llm_config": {"n_ctx": 3}}, 3),
        ({"max_position_embeddings": True, "n_ctx": 9}, 9), ({"max_position_embeddings": -1}, None),
        ({"max_position_embeddings": 10**30}, None), ({"max_position_embeddings": "4096"}, None), ({}, None),
    ],
    ids=str,
)  # fmt: skip
def test_context(config: dict[str, Any], context: int | None) -> None:
    assert read_config(as_file(config)).context_length == context


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, "GPT2LMHeadModel"), ({"architectures": []}, None),
        ({"model_type": "bert", "architectures": ["X"]}, "bert"), ({"model_type": ["bert"]}, None),
        ({"model_type": "a" * 81}, None), ({"model_type": "a\0b"}, None), ({"model_type": "\ud800"}, None),
    ],
    ids=ascii,
)  # fmt: skip
def test_architecture(config: dict[str, Any], name: str | None) -> None:
    assert read_config(as_file(config)).architecture == name


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"quant_method": "gptq", "bits": 4}, "GPTQ-4bit"), ({"quant_method": "awq", "bits": 4}, "AWQ-4bit"),
        ({"quant_method": "fp8"}, "FP8"), ({"quant_method": "mxfp4"}, "MXFP4"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "BNB-4bit"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "BNB-8bit"),
        ({"quant_method": "compressed-tensors", "bits": "four"}, "COMPRESSED-TENSORS"),
        ({"quant_method": 7}, None), ({}, None), ("gptq", None), (None, None),
    ],
    ids=str,
)  # fmt: skip
def test_quantization(settings: Any, word: str | None) -> None:
    config = as_file({"quantization_config": settings, "torch_dtype": "float16"})
    assert quantized_by(config) == word
    assert read_config(config).quantization == (word or "F16")


@pytest.mark.parametrize("config", [{"dtype": "float32"}, {"text_config": {"torch_dtype": "torch.float32"}}])
def test_the_type_of_numbers(config: dict[str, Any]) -> None:
    assert read_config(as_file(config)).quantization == "F32"


def test_pipelines_and_adapters() -> None:
    assert read_model_index(as_file({"_class_name": "FluxPipeline"})) == Traits("FluxPipeline")
    assert read_adapter_config(as_file({"peft_type": "LORA"})) == Traits("lora")
    assert read_adapter_config(as_file({})) == Traits()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "not JSON"), (b"{", "not JSON"), (b"[]", "no object"), (b"\xff\xfe\x00", "not JSON"), (b"7", "no object"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"), (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"), (b" " * (LONGEST + 1), "1,048,576 bytes"),
    ],
    ids=lambda value: ascii(value)[:20],
)  # fmt: skip
def test_what_is_refused(data: bytes, text: str) -> None:
    for read in (read_config, read_model_index, read_adapter_config):
        with pytest.raises(BadHeader, match=text):
            read(data)
