"""A language model in a few hundred kilobytes: the same random weights as GGUF and as a transformers folder.

Tokens are bytes, and it answers printable ASCII only, without an end: the other rows of its output matrix are zero.
Both forms give the same greedy answers where they calculate alike (f32 cache, no flash attention).
"""

import json
import random
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from steelyard.testing.weights import Tensor, Value, gguf_head, safetensors_header

PAD, END, USER, ASSISTANT = 256, 257, 258, 259
CONTROL = ("<|pad|>", "<|end|>", "<|user|>", "<|assistant|>")
TEMPLATE = (
    "{% for message in messages %}<|{{ 'assistant' if message.role == 'assistant' else 'user' }}|>"
    "{{ message.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_VOCABULARY = 256 + len(CONTROL)
_PRINTABLE = range(0x20, 0x7F)
_EPSILON = 1e-5
_ROPE = 10000.0
Floats: TypeAlias = "array[float]"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model is made. ``tiled``: its weights repeat, so that millions of them take no time."""

    hidden: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    inner: int = 128
    context: int = 4096
    tiled: bool = False

    @property
    def head_size(self) -> int:
        """Numbers in one head."""
        return self.hidden // self.heads


TINY = Size()
MIDDLE = Size(hidden=512, layers=8, heads=8, kv_heads=8, inner=1376, context=32768, tiled=True)  # 26 M, 105 MB


@dataclass(frozen=True, slots=True)
class Matrix:
    """One tensor with its name in both formats; ``heads`` where GGUF wants another order of rows."""

    hugging: str
    gguf: str
    shape: tuple[int, ...]
    heads: int | None = None


def write_gguf(path: Path, size: Size = TINY, seed: int = 1, template: str = TEMPLATE) -> Path:
    """The model as one GGUF file."""
    matrices = list(_matrices(size))
    tensors = {one.gguf: Tensor(tuple(reversed(one.shape))) for one in matrices}
    head, total = gguf_head({**_metadata(size), "tokenizer.chat_template": template}, tensors)
    with path.open("wb") as file:
        file.write(head)
        for one, values in _filled(matrices, size, seed):
            file.write(_bytes(_interleaved(values, one)))
    assert path.stat().st_size == len(head) + total
    return path


def write_folder(folder: Path, size: Size = TINY, seed: int = 1) -> Path:
    """The model as transformers wants it: configuration, tokenizer, template and safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    matrices = list(_matrices(size))
    header, offset = {}, 0
    for one in matrices:
        end = offset + 4 * _count(one.shape)
        header[one.hugging] = {"dtype": "F32", "shape": list(one.shape), "data_offsets": [offset, end]}
        offset = end
    with (folder / "model.safetensors").open("wb") as file:
        file.write(safetensors_header(json.dumps(header)))
        for _, values in _filled(matrices, size, seed):
            file.write(_bytes(values))
    for name, content in {
        "config.json": _configuration(size),
        "generation_config.json": {"eos_token_id": END, "pad_token_id": PAD},
        "tokenizer.json": _tokenizer(),
        "tokenizer_config.json": _tokenizer_configuration(size),
    }.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def _matrices(size: Size) -> Iterator[Matrix]:
    hidden, kv = size.hidden, size.kv_heads * size.head_size
    yield Matrix("model.embed_tokens.weight", "token_embd.weight", (_VOCABULARY, hidden))
    for layer in range(size.layers):
        for theirs, ours, shape, heads in (
            ("input_layernorm", "attn_norm", (hidden,), None),
            ("self_attn.q_proj", "attn_q", (hidden, hidden), size.heads),
            ("self_attn.k_proj", "attn_k", (kv, hidden), size.kv_heads),
            ("self_attn.v_proj", "attn_v", (kv, hidden), None),
            ("self_attn.o_proj", "attn_output", (hidden, hidden), None),
            ("post_attention_layernorm", "ffn_norm", (hidden,), None),
            ("mlp.gate_proj", "ffn_gate", (size.inner, hidden), None),
            ("mlp.up_proj", "ffn_up", (size.inner, hidden), None),
            ("mlp.down_proj", "ffn_down", (hidden, size.inner), None),
        ):
            yield Matrix(f"model.layers.{layer}.{theirs}.weight", f"blk.{layer}.{ours}.weight", shape, heads)
    yield Matrix("model.norm.weight", "output_norm.weight", (hidden,))
    yield Matrix("lm_head.weight", "output.weight", (_VOCABULARY, hidden))


def _filled(matrices: list[Matrix], size: Size, seed: int) -> Iterator[tuple[Matrix, Floats]]:
    """Each with its numbers, the same for the same seed."""
    make = _tiles(seed) if size.tiled else _drawn(seed)
    for one in matrices:
        if len(one.shape) == 1:
            yield one, array("f", [1.0]) * one.shape[0]
        else:
            values = make(_count(one.shape))
            yield one, _printable_only(values, size.hidden) if one.gguf == "output.weight" else values


def _drawn(seed: int) -> Callable[[int], Floats]:
    chance = random.Random(seed)
    return lambda count: array("f", [chance.gauss(0.0, 0.15) for _ in range(count)])


def _tiles(seed: int) -> Callable[[int], Floats]:
    tile = _drawn(seed)(4099)  # a prime: rows differ
    return lambda count: (tile * (count // len(tile) + 1))[:count]


def _printable_only(values: Floats, hidden: int) -> Floats:
    for token in range(_VOCABULARY):
        if token not in _PRINTABLE:
            values[token * hidden : (token + 1) * hidden] = array("f", bytes(4 * hidden))
    return values


def _interleaved(values: Floats, matrix: Matrix) -> Floats:
    """llama.cpp turns neighbours, transformers turns halves: the rows of a head change places."""
    if matrix.heads is None:
        return values
    rows, width = matrix.shape
    head = rows // matrix.heads
    mixed: Floats = array("f")
    for start in range(0, rows, head):
        for number in range(head):
            row = start + (number % 2) * (head // 2) + number // 2
            mixed += values[row * width : (row + 1) * width]
    return mixed


def _metadata(size: Size) -> dict[str, Value]:
    return {
        "general.architecture": "llama",
        "general.name": "tiny",
        "llama.block_count": size.layers,
        "llama.context_length": size.context,
        "llama.embedding_length": size.hidden,
        "llama.feed_forward_length": size.inner,
        "llama.attention.head_count": size.heads,
        "llama.attention.head_count_kv": size.kv_heads,
        "llama.attention.layer_norm_rms_epsilon": _EPSILON,
        "llama.rope.dimension_count": size.head_size,
        "llama.rope.freq_base": _ROPE,
        "llama.vocab_size": _VOCABULARY,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": [*_symbols(), *CONTROL],
        "tokenizer.ggml.token_type": [1] * 256 + [3] * len(CONTROL),
        "tokenizer.ggml.merges": ["<|never|> <|never|>"],
        "tokenizer.ggml.eos_token_id": END,
        "tokenizer.ggml.padding_token_id": PAD,
        "tokenizer.ggml.add_bos_token": False,
    }


def _configuration(size: Size) -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": size.hidden,
        "intermediate_size": size.inner,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "head_dim": size.head_size,
        "max_position_embeddings": size.context,
        "rms_norm_eps": _EPSILON,
        "rope_parameters": {"rope_type": "default", "rope_theta": _ROPE},
        "vocab_size": _VOCABULARY,
        "tie_word_embeddings": False,
        "bos_token_id": None,
        "eos_token_id": END,
        "pad_token_id": PAD,
        "dtype": "float32",
    }


def _tokenizer() -> dict[str, object]:
    """Byte-level BPE without merges."""
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    added = [
        {"id": 256 + number, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
        for number, text in enumerate(CONTROL)
    ]  # fmt: skip
    vocabulary = {text: number for number, text in enumerate([*_symbols(), *CONTROL])}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary,
                  "merges": []},
    }  # fmt: skip


def _tokenizer_configuration(size: Size) -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": CONTROL[1],
        "pad_token": CONTROL[0],
        "model_max_length": size.context,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }


def _symbols() -> list[str]:
    """The character that stands for each byte, as GPT-2 chose them: itself where it can be seen."""
    seen = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in seen]
    return [chr(byte) if byte in seen else chr(256 + hidden.index(byte)) for byte in range(256)]


def _count(shape: tuple[int, ...]) -> int:
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


def _bytes(values: Floats) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()
