"""The header of a GGUF file: what it says, and why it is refused."""

import io
import struct

import pytest

from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.gguf import GgufHeader, read_gguf
from steelyard.testing.weights import Tensor, Value, gguf_bytes, gguf_head, gguf_string, vocabulary

NAMED: dict[str, Value] = {"general.architecture": "llama", "general.file_type": 15, "llama.context_length": 4096}
TENSORS = {"token_embd.weight": Tensor((256, 4), "Q4_K"), "output_norm.weight": Tensor((32,), "F32")}
START = b"GGUF" + struct.pack("<I", 3)


def read(data: bytes) -> GgufHeader:
    """The header of these bytes."""
    return read_gguf(io.BytesIO(data), len(data))


def reason(data: bytes, size: int | None = None) -> str:
    """Why these bytes are refused."""
    with pytest.raises(BadHeader) as caught:
        read_gguf(io.BytesIO(data), len(data) if size is None else size)
    return str(caught.value)


class Watched(io.BytesIO):
    """Counts what is read."""

    taken = 0
    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, counted."""
        data = super().read(size)
        self.taken += len(data)
        self.reads += 1
        return data


def test_what_a_header_says() -> None:
    header = read(gguf_bytes(NAMED | {"general.license": "apache-2.0", "general.name": "Anvil"}, TENSORS))
    assert header == GgufHeader("llama", "Q4_K_M", 4096, "apache-2.0", 256 * 4 + 32, None)


@pytest.mark.parametrize("version", [2, 3])
def test_both_versions_and_any_order_of_keys(version: int) -> None:
    turned = dict(reversed(NAMED.items()))
    assert read(gguf_bytes(turned, TENSORS, version=version)).context_length == 4096


def test_a_header_that_says_little() -> None:
    assert read(gguf_bytes()) == GgufHeader(None, None, None, None, 0, None)
    assert read(gguf_bytes({"general.architecture": "bert"}, TENSORS)).quantization == "Q4_K"  # what most of it is in
    assert read(gguf_bytes({"split.count": 3, "split.no": 0})).parts == 3


@pytest.mark.parametrize(
    ("metadata", "word"),
    [
        ({"general.file_type": 38}, "MXFP4"),
        ({"general.file_type": 1024 + 7}, "Q8_0"),
        ({"general.file_type": 999}, "F32"),
    ],
)
def test_file_types(metadata: dict[str, Value], word: str) -> None:
    assert read(gguf_bytes(metadata, {"a": Tensor((4,), "F32")})).quantization == word


@pytest.mark.parametrize(
    "metadata",
    [
        {"general.architecture": 7}, {"general.architecture": ["llama"]}, {"general.architecture": "x" * 5000},
        {"general.architecture": "a\0b"}, {"general.architecture": ""},
    ],
)  # fmt: skip
def test_a_name_that_is_no_word_is_left_out(metadata: dict[str, Value]) -> None:
    assert read(gguf_bytes(metadata)).architecture is None


def test_an_absurd_context_is_left_out() -> None:
    assert read(gguf_bytes({"general.architecture": "a", "a.context_length": 2**62})).context_length is None
    assert read(gguf_bytes({"general.architecture": "a", "a.context_length": 0})).context_length is None


def test_a_large_vocabulary_is_walked_not_built() -> None:
    """Arrays of numbers are stepped over: of 6.9 MB the texts are read, once, in pieces."""
    data = gguf_bytes(NAMED | vocabulary(152_000), TENSORS)
    file = Watched(data)
    assert read_gguf(file, len(data)).parameters == 256 * 4 + 32
    numbers = 2 * 4 * 152_000
    assert file.taken < len(data) - numbers + 3 * 256 * 1024
    assert file.reads < 40


def test_the_data_is_not_read() -> None:
    head, size = gguf_head(NAMED, {"big": Tensor((256, 4096, 64), "Q4_K")})
    padded = Watched(head + b"\0" * 300_000)
    assert read_gguf(padded, len(head) + size).parameters == 256 * 4096 * 64
    assert padded.taken <= 256 * 1024


def test_every_truncation_is_refused() -> None:
    data = gguf_bytes(NAMED | vocabulary(3), TENSORS)
    read(data)
    for length in range(len(data)):
        assert reason(data[:length])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "the file has 0 bytes"),
        (b"PK\3\4" + bytes(40), "begins with"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1; the depot reads 2 and 3"),
        (b"GGUF" + struct.pack("<IQQ", 4, 0, 0), "version 4"),
        (b"GGUF" + struct.pack("<IQQ", 0, 0, 0), "version 0"),
        (START + struct.pack("<QQ", 0, 2**60), "announces 1,152,921,504,606,846,976 metadata entries"),
        (START + struct.pack("<QQ", 2**60, 0), "announces 1,152,921,504,606,846,976 tensors"),
        (START + struct.pack("<QQQ", 0, 1, 2**40) + bytes(20), "a key is 1,099,511,627,776 bytes long"),
        (START + struct.pack("<QQ", 0, 1) + gguf_string("k") + struct.pack("<IQ", 8, 2**40), "goes on to byte"),
        (START + struct.pack("<QQ", 0, 1) + gguf_string("k") + struct.pack("<IIQ", 9, 9, 1), "arrays within arrays"),
        (START + struct.pack("<QQ", 0, 1) + gguf_string("k") + struct.pack("<IIQ", 9, 77, 1), "elements of type 77"),
        (START + struct.pack("<QQ", 0, 1) + gguf_string("k") + struct.pack("<IQ", 13, 0), "value has type 13"),
        (START + struct.pack("<QQ", 0, 2) + (gguf_string("k") + struct.pack("<II", 4, 1)) * 2, "'k' is there twice"),
        (gguf_bytes({"general.alignment": 24}), "not a power of two"),
        (gguf_bytes({"general.alignment": 0}), "not a power of two"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_refused(data: bytes, text: str) -> None:
    assert text in reason(data)


def tensor(name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    """One line of the list of tensors."""
    return gguf_string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def with_tensors(*lines: bytes, data: int = 4096) -> bytes:
    """A file with these lines and so much data."""
    head = START + struct.pack("<QQ", len(lines), 0) + b"".join(lines)
    return head + bytes(-len(head) % 32) + bytes(data)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([tensor("a", (4,)), tensor("a", (4,), offset=32)], "tensor 'a' is there twice"),
        ([tensor("a", (16,)), tensor("b", (16,), offset=32)], "share the byte 32"),
        ([tensor("a", (4,), offset=8)], "not at a multiple of 32"),
        ([tensor("a", (2000,))], "its tensors end at byte"),
        ([tensor("a", (4,), offset=2**63)], "its tensors end at byte"),
        ([tensor("a", (4, 4, 4, 4, 4))], "5 dimensions"),
        ([tensor("a", (100,), kind=12)], "rows of 100, which Q4_K cannot hold"),
        ([tensor("a", (2**32, 2**32))], "elements"),
        ([tensor("a", (2**40,), kind=500)], "more than the file can hold"),
        ([tensor("x" * 129, (4,))], "129 bytes long"),
    ],
    ids=str,
)
def test_tensors_that_cannot_be(lines: list[bytes], text: str) -> None:
    assert text in reason(with_tensors(*lines))


def test_tensors_in_any_order_and_of_a_type_that_came_later() -> None:
    data = with_tensors(tensor("b", (8,), offset=32), tensor("a", (8,)), tensor("new", (64,), kind=500, offset=64))
    header = read(data)
    assert header.parameters == 80
    assert header.quantization is None  # most of it is in the type that is not known


def test_a_file_that_became_shorter_meanwhile() -> None:
    data = gguf_bytes(NAMED, TENSORS)
    assert "the file ends at byte" in reason(data[:60], size=len(data))
