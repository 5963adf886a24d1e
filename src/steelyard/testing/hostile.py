"""Headers that somebody wrote to hurt a reader: hand-made bombs, and valid files with seeded damage."""

import json
import random
import struct
from collections.abc import Iterator

from steelyard.testing.weights import (
    Tensor,
    Value,
    gguf_bytes,
    gguf_string,
    safetensors_bytes,
    safetensors_header,
    vocabulary,
)

MIB = 1024 * 1024
_NUMBERS = (0, 1, 7, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
_TEXTS = (
    b'"shape":[-1]', b'"shape":[1e9]', b'"shape":[99999999999999999999]', b'"shape":{}', b'"shape":null',
    b'"dtype":"F128"', b'"dtype":7', b'"dtype":"\\ud800"', b'"data_offsets":[8,0]', b'"data_offsets":[0]',
    b'"data_offsets":[0,18446744073709551615]', b'"data_offsets":"0,8"', b'"extra":1', b'"__metadata__":{"a":1}',
    b'"a.weight":{}', b"\x00", b"\xff\xfe", b"[" * 2000, b"NaN", b"{", b"}", b",", b'"', b"\\",
)  # fmt: skip


def damaged(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """``count`` files with a name that tells their format, half of each; the same ones for the same seed."""
    chance = random.Random(seed)
    ggufs, tensors = _valid_ggufs(), _valid_safetensors()
    for number in range(count):
        is_gguf = number % 2 == 0
        data = chance.choice(ggufs if is_gguf else tensors)
        for _ in range(chance.randint(1, 3)):
            data = _hurt(data, chance, is_text=not is_gguf)
        yield f"{number:04d}.{'gguf' if is_gguf else 'safetensors'}", data


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small causes that take a careless reader gigabytes, minutes or its stack."""
    yield from _gguf_bombs()
    yield from _safetensors_bombs()
    yield from _text_bombs()


def _gguf_bombs() -> Iterator[tuple[str, bytes]]:
    most = 2**64 - 1
    start = b"GGUF" + struct.pack("<I", 3)
    key = gguf_string("k")
    yield "entries.gguf", start + struct.pack("<QQ", 0, most)
    yield "tensors.gguf", start + struct.pack("<QQ", most, 0)
    yield "key.gguf", start + struct.pack("<QQ", 0, 1) + struct.pack("<Q", most) + b"x" * 100
    yield "text.gguf", start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IQ", 8, most)
    yield "array.gguf", start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IIQ", 9, 10, most)
    yield "texts.gguf", start + struct.pack("<QQ", 0, 1) + key + struct.pack("<IIQ", 9, 8, most)
    nested = struct.pack("<IQ", 9, 1) * 50_000
    yield "nested.gguf", start + struct.pack("<QQ", 0, 1) + key + struct.pack("<I", 9) + nested
    empty = struct.pack("<IIQ", 9, 8, 9 * MIB) + b"\0" * (72 * MIB)
    yield "empty-texts.gguf", start + struct.pack("<QQ", 0, 1) + key + empty
    keys = b"".join(gguf_string(f"{number:01000d}") + struct.pack("<II", 4, 1) for number in range(16_384))
    yield "long-keys.gguf", start + struct.pack("<QQ", 0, 16_384) + keys
    names = (gguf_string(f"{number:0120d}") + struct.pack("<IQIQ", 1, 1, 24, 32 * number) for number in range(100_000))
    yield "long-names.gguf", start + struct.pack("<QQ", 100_000, 0) + b"".join(names) + b"\0" * (4 * MIB)


def _safetensors_bombs() -> Iterator[tuple[str, bytes]]:
    size = 8 * MIB - 64
    yield "length.safetensors", struct.pack("<Q", 2**63 - 1) + b"{}  "
    yield "spaces.safetensors", safetensors_header(b" " * size)
    yield "nested.safetensors", safetensors_header(b"[" * size)
    yield "nested-objects.safetensors", safetensors_header(b'{"a":' * (size // 5))
    yield "arrays.safetensors", safetensors_header(b'{"a":[' + b"[]," * (size // 3 - 9) + b"[]]}")
    yield "objects.safetensors", safetensors_header(b'{"a":[' + b"{}," * (size // 3 - 9) + b"{}]}")
    yield "escapes.safetensors", safetensors_header(b'{"__metadata__":{"a":"' + b"\\n" * (size // 2 - 20) + b'"}}')
    pairs = b",".join([b'"":""'] * (size // 6 - 9))
    yield "metadata.safetensors", safetensors_header(b'{"__metadata__":{' + pairs + b"}}")
    yield "name.safetensors", safetensors_header('{"😀' + "a" * (size - 20) + '":1}')
    many = b",".join(b'"%d":{"dtype":"U8","shape":[],"data_offsets":[%d,%d]}' % (n, n, n + 1) for n in range(130_000))
    yield "many.safetensors", safetensors_header(b"{" + many + b"}") + b"\0" * 130_000


def _text_bombs() -> Iterator[tuple[str, bytes]]:
    """A config that is JSON, and the head of a card that is YAML."""
    yield "arrays.json", b'{"a":[' + b"[]," * (MIB // 3 - 9) + b"[]]}"
    yield "objects.json", b'{"a":[' + b"{}," * (MIB // 3 - 9) + b"{}]}"
    yield "nested.json", b"[" * MIB
    yield "long.json", b" " * (20 * MIB) + b"{}"
    yield "number.json", b'{"n_ctx":' + b"9" * 900_000 + b"}"
    yield "lines.md", b"---\n" + b"ab\n" * (5 * MIB) + b"---\n"
    yield "aliases.md", b"---\na: &a [" + b"*a," * (MIB // 4) + "😀]\nlicense: mit\n---\n".encode()


def _hurt(data: bytes, chance: random.Random, *, is_text: bool) -> bytes:
    """One kind of damage at one place, mostly in the head."""
    at = chance.randrange(max(1, min(len(data), 600)))
    ways = [
        lambda: data[:at],
        lambda: data[:at] + struct.pack("<Q", chance.choice(_NUMBERS)) + data[at + 8 :],
        lambda: data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :],
        lambda: data[:at] + data[at + chance.randint(1, 40) :],
        lambda: data[:at] + data[at : at + chance.randint(1, 200)] * 2 + data[at:],
        lambda: data[:at] + chance.randbytes(chance.randint(1, 64)) + data[at:],
        lambda: data[: chance.randrange(len(data) + 1)],
    ]
    if is_text:
        ways += [lambda: _rewritten(data, chance)] * 6
    return chance.choice(ways)()


def _rewritten(data: bytes, chance: random.Random) -> bytes:
    """A header with one piece of its text replaced, under a right length."""
    length = int.from_bytes(data[:8], "little")
    header, rest = data[8 : 8 + length], data[8 + length :]
    pieces = header.split(b",")
    pieces[chance.randrange(len(pieces))] = chance.choice(_TEXTS)
    return safetensors_header(b",".join(pieces)) + rest


def _valid_ggufs() -> list[bytes]:
    named: dict[str, Value] = {"general.architecture": "llama", "general.file_type": 15, "llama.context_length": 4096}
    tensors = {f"blk.{number}.weight": Tensor((256, 4), "Q4_K") for number in range(4)}
    return [
        gguf_bytes(named, tensors),
        gguf_bytes(named | vocabulary(50), tensors | {"norm": Tensor((32,))}),
        gguf_bytes({**named, "general.alignment": 32, "split.count": 2}, version=2),
    ]


def _valid_safetensors() -> list[bytes]:
    tensors = {name: Tensor((4, 2), dtype) for name, dtype in (("a.weight", "BF16"), ("b", "F32"), ("c", "I8"))}
    spaced = json.dumps({"x": {"shape": [2], "data_offsets": [0, 8], "dtype": "F32"}}, indent=2)
    return [
        safetensors_bytes(tensors, {"format": "pt"}),
        safetensors_bytes({"only": Tensor((), "F64")}),
        safetensors_header(spaced) + b"\0" * 8,
    ]
