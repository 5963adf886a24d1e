"""The body of a commit, however its bytes are cut, and whatever somebody sends in its place."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.digest import Digest
from steelyard.dialects.huggingface.push_commit import LONGEST_LINE, operation, read_commit
from steelyard.downloads.push.errors import BadCommit, CommitTooLarge
from steelyard.downloads.push.models import Content, Copy, Header, Operation, Put, Remove

OID = "ab" * 32
LINES: list[dict[str, Any]] = [
    {"key": "header", "value": {"summary": "two\nlines", "description": "more\x00", "parentCommit": "c" * 40}},
    {"key": "file", "value": {"path": "a", "content": base64.b64encode(b"bytes").decode(), "encoding": "base64"}},
    {"key": "file", "value": {"path": "b", "content": "plain ö", "encoding": "utf-8"}},
    {"key": "lfsFile", "value": {"path": "c", "algo": "sha256", "oid": OID, "size": 7}},
    {"key": "lfsFile", "value": {"path": "d", "algo": "sha256", "oid": OID}},
    {"key": "deletedFile", "value": {"path": "e"}},
    {"key": "deletedFolder", "value": {"path": "f/"}},
    {"key": "copyFile", "value": {"path": "g", "srcPath": "h", "srcRevision": "v1"}},
]
BODY = "\n".join(json.dumps(line) for line in LINES).encode()
READ: list[Operation] = [
    Content("a", b"bytes"), Content("b", "plain ö".encode()), Put("c", Digest("sha256", OID), 7),
    Put("d", Digest("sha256", OID), None), Remove("e"), Remove("f/", is_folder=True), Copy("h", "g", "v1"),
]  # fmt: skip


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    """A body as it comes."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(body: bytes, size: int = 1000) -> tuple[Header, list[Operation]]:
    """All of it."""
    header, operations = await read_commit(pieces(body, size))
    return header, [one async for one in operations]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000, 100_000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n  \n"])
async def test_it_is_the_same_however_it_is_cut(size: int, end: bytes) -> None:
    assert await read(BODY + end, size) == (Header("two lines", "more", "c" * 40), READ)


async def test_a_commit_without_a_title_gets_one() -> None:
    header, operations = await read(b'{"key": "header", "value": {"summary": "\\ud800"}}')
    assert (header.title, operations) == ("Push", [])


async def test_a_line_without_an_end_is_stopped_early() -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b'{"key": "' + b"x" * (1 << 20)

    with pytest.raises(CommitTooLarge):
        await read_commit(endless())
    assert taken <= (LONGEST_LINE >> 20) + 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
async def test_whatever_json_stands_there_it_is_read_or_refused(found: Any) -> None:
    with suppress(BadCommit):
        await read(json.dumps(found).encode())


@given(
    st.sampled_from(["file", "lfsFile", "deletedFile", "deletedFolder", "copyFile", "other"]),
    st.fixed_dictionaries(
        {},
        optional={name: st.none() | st.integers() | st.text() | st.floats() for name in (
            "path", "content", "encoding", "oid", "size", "srcPath", "srcRevision",
        )},
    ),
)  # fmt: skip
def test_whatever_an_operation_says_it_is_read_or_refused(key: str, value: dict[str, Any]) -> None:
    with suppress(BadCommit):
        operation(key, value)
