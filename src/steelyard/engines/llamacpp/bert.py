"""Sentence embedding models as sentence-transformers keeps them, made into a file that llama.cpp reads.

Only the form changes: every tensor keeps its numbers, so the vectors are the same but for rounding. It takes less than
a second for 90 MB, and needs nothing installed.
"""

import json
import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from steelyard.engines.llamacpp.gguf import Tensor, Value, head_of, padding

_NAMES = {  # of tensors outside of the layers, and of the parts of a layer
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
_LAYER = "encoder.layer."
_MEAN, _FIRST = 1, 2  # llama.cpp's numbers for ways of pooling
_LARGEST = 4 * 2**20  # bytes of a file with settings or words
_NEEDED = ("config.json", "tokenizer_config.json", "vocab.txt", "model.safetensors")
_MORE = ("2_Dense", "3_Dense")  # layers behind the pooling, which llama.cpp's BERT has not


class NotConvertible(ValueError):
    """The folder is not what it seemed to be; the message says why."""


@dataclass(frozen=True, slots=True)
class _Piece:
    tensor: Tensor
    start: int
    end: int


def is_bert(folder: Path) -> bool:
    """Whether a folder holds such a model, as far as its configuration tells."""
    if not all((folder / name).is_file() for name in _NEEDED) or any((folder / name).exists() for name in _MORE):
        return False
    try:
        config, tokenizer = _read(folder, "config.json"), _read(folder, "tokenizer_config.json")
    except (NotConvertible, OSError):
        return False
    is_small = tokenizer.get("do_lower_case", True) is True  # llama.cpp makes all letters small
    is_plain = config.get("position_embedding_type", "absolute") == "absolute"
    return config.get("model_type") == "bert" and is_small and is_plain


def write_gguf(folder: Path, out: BinaryIO) -> None:
    """Write it. Names of tensors: llama.cpp's ``gguf-py/gguf/tensor_mapping.py``. Raises NotConvertible."""
    with (
        (folder / "model.safetensors").open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        pieces = list(_pieces(data))
        out.write(head_of(_metadata(folder), [piece.tensor for piece in pieces]))
        for piece in pieces:
            if piece.end - piece.start != piece.tensor.size or piece.end > len(data):
                raise NotConvertible(f"the tensor {piece.tensor.name} is cut short")
            out.write(data[piece.start : piece.end])
            out.write(padding(piece.tensor.size))


def _pieces(data: mmap.mmap) -> Iterator[_Piece]:
    try:
        (length,) = struct.unpack("<Q", data[:8])
        header: dict[str, dict[str, Any]] = json.loads(data[8 : 8 + length])
        for name, told in header.items():
            ours = _renamed(name.removeprefix("bert."))
            if ours is None:
                continue
            start, end = told["data_offsets"]
            shape = tuple(int(number) for number in told["shape"])
            yield _Piece(Tensor(ours, shape, _dtype(told["dtype"])), 8 + length + start, 8 + length + end)
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, MemoryError) as error:
        raise NotConvertible(f"model.safetensors cannot be read ({error})") from error


def _dtype(name: str) -> str:
    if name != "F32":  # biases and norms have to be F32, and nobody keeps only the rest in halves
        raise NotConvertible(f"its numbers are {name}, not F32")
    return name


def _renamed(name: str) -> str | None:
    """None for what llama.cpp does not use: positions that are counted, the pooler, heads of the training."""
    whole, _, ending = name.rpartition(".")
    if not whole.startswith(_LAYER):
        return f"{_NAMES[whole]}.{ending}" if whole in _NAMES else None
    number, _, part = whole.removeprefix(_LAYER).partition(".")
    return f"blk.{number}.{_NAMES[part]}.{ending}" if part in _NAMES else None


def _metadata(folder: Path) -> dict[str, Value]:
    config = _read(folder, "config.json")
    words = (folder / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    try:
        return {
            "general.architecture": "bert",
            "bert.block_count": int(config["num_hidden_layers"]),
            "bert.context_length": int(config["max_position_embeddings"]),
            "bert.embedding_length": int(config["hidden_size"]),
            "bert.feed_forward_length": int(config["intermediate_size"]),
            "bert.attention.head_count": int(config["num_attention_heads"]),
            "bert.attention.layer_norm_epsilon": float(config["layer_norm_eps"]),
            "bert.attention.causal": False,
            "bert.pooling_type": _pooling(folder),
            "tokenizer.ggml.token_type_count": int(config["type_vocab_size"]),
            **_tokenizer(words),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise NotConvertible(f"its configuration lacks {error}") from error


def _pooling(folder: Path) -> int:
    """As sentence-transformers writes it down; the mean where nothing is written."""
    try:
        told = _read(folder, "1_Pooling/config.json")
    except FileNotFoundError:
        return _MEAN
    return _FIRST if told.get("pooling_mode_cls_token") is True else _MEAN


def _tokenizer(words: list[str]) -> dict[str, Value]:
    special = {word: number for number, word in enumerate(words) if _is_special(word)}
    return {
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.pre": "jina-v2-en",  # WordPiece, in lower case
        "tokenizer.ggml.tokens": [_with_phantom(word) for word in words],
        "tokenizer.ggml.token_type": [3 if word in special else 1 for word in words],
        "tokenizer.ggml.unknown_token_id": special["[UNK]"],
        "tokenizer.ggml.seperator_token_id": special["[SEP]"],
        "tokenizer.ggml.padding_token_id": special["[PAD]"],
        "tokenizer.ggml.cls_token_id": special["[CLS]"],
        "tokenizer.ggml.mask_token_id": special["[MASK]"],
        "tokenizer.ggml.bos_token_id": special["[CLS]"],
        "tokenizer.ggml.eos_token_id": special["[SEP]"],
    }


def _with_phantom(word: str) -> str:
    """llama.cpp marks where words begin, WordPiece where they go on."""
    if _is_special(word):
        return word
    return word.removeprefix("##") if word.startswith("##") else "\u2581" + word


def _is_special(word: str) -> bool:
    return word.startswith("[") and word.endswith("]") and word.isascii() and word[1:-1].replace("unused", "").isalnum()


def _read(folder: Path, name: str) -> Mapping[str, Any]:
    path = folder / name
    if path.stat().st_size > _LARGEST:
        raise NotConvertible(f"{name} is too large")
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise NotConvertible(f"{name} is no JSON") from error
    if not isinstance(found, dict):
        raise NotConvertible(f"{name} is no object")
    return found
