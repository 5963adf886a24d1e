"""Batches of events as bytes of a file: a head with length, checksum and count, then MessagePack. Pure."""

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
from msgspec.msgpack import Ext

from steelyard.usage.writing import Kept

_HEAD = struct.Struct("<III")  # bytes of the body, CRC-32 of the body, events in it
_AS_JSON = 1  # MessagePack has no integers beyond 64 bits
_UNWRITABLE = (TypeError, ValueError, OverflowError, RecursionError)
_encode = msgspec.msgpack.Encoder().encode


class Unreadable(ValueError):
    """A frame that no version of ours wrote."""


def _hook(code: int, data: memoryview) -> Any:
    if code != _AS_JSON:
        raise Unreadable(f"an extension of the kind {code}")
    return json.loads(bytes(data))


_decode = msgspec.msgpack.Decoder(list[Kept], ext_hook=_hook).decode


class Frame(NamedTuple):
    """A batch in a file: how many events, their bytes, and where the next frame begins."""

    events: int
    body: memoryview
    end: int


def frame_of(batch: Sequence[Kept]) -> tuple[bytes, int]:
    """A batch as a frame, and how many events it has: those that cannot be written down are left out, for no database
    would take them either."""
    try:
        body = _encode(batch)
    except _UNWRITABLE:
        batch = [plain for kept in batch if (plain := _plain(kept)) is not None]
        body = _encode(batch)
    return _HEAD.pack(len(body), zlib.crc32(body), len(batch)) + body, len(batch)


def frames_in(content: bytes) -> Iterator[Frame]:
    """The whole frames of a file, up to the first that was torn by a kill or spoiled."""
    view, at = memoryview(content), 0
    while at + _HEAD.size <= len(content):
        size, checksum, events = _HEAD.unpack_from(content, at)
        body = view[at + _HEAD.size : at + _HEAD.size + size]
        if len(body) != size or zlib.crc32(body) != checksum:
            return
        at += _HEAD.size + size
        yield Frame(events, body, at)


def batch_in(frame: Frame) -> list[Kept]:
    """The events of a frame. Raises Unreadable."""
    try:
        return _decode(frame.body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def _plain(kept: Kept) -> Kept | None:
    """An event as it can be written down; None when it cannot be, whatever is done."""
    try:
        if kept.event.parameters is not None:
            kept = kept._replace(event=replace(kept.event, parameters=_plain_parameters(kept.event.parameters)))
        _encode(kept)
    except _UNWRITABLE:
        return None
    return kept


def _plain_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value if _is_plain(value) else Ext(_AS_JSON, _json(value)) for name, value in parameters.items()}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _is_plain(value: Any) -> bool:
    try:
        _encode(value)
    except _UNWRITABLE:
        return False
    return True
