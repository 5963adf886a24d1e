"""The body of a commit: one JSON object a line, a header first (``_prepare_commit_payload`` of huggingface_hub).

It is read line by line: of a commit with thousands of small files one is in memory at a time.
"""

import binascii
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from typing import Any

from steelyard.core.digest import Digest
from steelyard.core.ref import InvalidReference, is_commit, parse_revision
from steelyard.downloads.push.errors import BadCommit, CommitTooLarge
from steelyard.downloads.push.models import Content, Copy, Header, Operation, Put, Remove

LONGEST_LINE = 16 * 1024 * 1024  # a small file as base64; larger ones are sent by themselves
MOST_BYTES = 512 * 1024 * 1024
_TITLE, _MESSAGE = 500, 100_000
_HINT = "Use huggingface_hub 0.36 or later."


async def read_commit(pieces: AsyncIterator[bytes]) -> tuple[Header, AsyncIterator[Operation]]:
    """What is said about a commit, and its operations as they come. Raises BadCommit, CommitTooLarge, also later."""
    lines = _lines(pieces)
    async for line in lines:
        key, value = _pair(line)
        if key != "header":
            break
        return _header(value), _operations(lines)
    raise BadCommit("A commit begins with its header.", hint=_HINT)


async def _operations(lines: AsyncIterator[bytes]) -> AsyncIterator[Operation]:
    async for line in lines:
        key, value = _pair(line)
        yield operation(key, value)


def operation(key: str, value: Mapping[str, Any]) -> Operation:
    """One line as what it changes. Raises BadCommit."""
    path = _text(value, "path")
    match key:
        case "file":
            return Content(path, _content(value))
        case "lfsFile":
            return Put(path, _digest(value), _size(value))
        case "deletedFile" | "deletedFolder":
            return Remove(path, is_folder=key == "deletedFolder")
        case "copyFile":
            return Copy(_text(value, "srcPath"), path, _revision(value.get("srcRevision")))
    raise BadCommit(f"Nobody knows the operation {key[:40]!r}.", hint=_HINT)


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest, total = bytearray(), 0
    async for piece in pieces:
        total += len(piece)
        rest += piece
        if b"\n" in piece:
            *whole, last = bytes(rest).split(b"\n")
            rest = bytearray(last)
            for line in whole:
                if line.strip():
                    yield line
        if len(rest) > LONGEST_LINE or total > MOST_BYTES:
            raise CommitTooLarge(
                f"A commit has at most {MOST_BYTES} bytes, and a line {LONGEST_LINE}.",
                hint="Make several commits; large files are sent by themselves.",
            )
    if rest.strip():
        yield bytes(rest)


def _pair(line: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadCommit("A line of the commit is no JSON.", hint=_HINT) from error
    key, value = (found.get("key"), found.get("value")) if isinstance(found, Mapping) else (None, None)
    if not isinstance(key, str) or not isinstance(value, Mapping):
        raise BadCommit("A line of the commit has no key and value.", hint=_HINT)
    return key, value


def _header(value: Mapping[str, Any]) -> Header:
    parent = value.get("parentCommit")
    if parent is not None and not (isinstance(parent, str) and is_commit(parent)):
        raise BadCommit("The parent is no commit.", hint="It has 40 hexadecimal digits.")
    title, message = _words(value.get("summary"), _TITLE), _words(value.get("description"), _MESSAGE)
    return Header(title.replace("\n", " ") or "Push", message, parent)


def _words(value: Any, longest: int) -> str:
    """What databases and pages can hold."""
    text = value if isinstance(value, str) else ""
    return "".join(letter for letter in text[:longest] if letter in "\n\t" or letter.isprintable())


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise BadCommit(f"An operation has no {name}.", hint=_HINT)
    return found


def _content(value: Mapping[str, Any]) -> bytes:
    text = _text(value, "content")
    if value.get("encoding", "utf-8") != "base64":
        return text.encode("utf-8", "replace")
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadCommit(f"The content of {_text(value, 'path')[:200]!r} is no base64.", hint=_HINT) from error


def _digest(value: Mapping[str, Any]) -> Digest:
    try:
        return Digest("sha256", _text(value, "oid"))
    except ValueError as error:
        raise BadCommit(f"{_text(value, 'path')[:200]!r} has no SHA-256.", hint=_HINT) from error


def _size(value: Mapping[str, Any]) -> int | None:
    size = value.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 62):
        raise BadCommit(f"{_text(value, 'path')[:200]!r} has no size.", hint=_HINT)
    return size


def _revision(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return parse_revision(value if isinstance(value, str) else "")
    except InvalidReference as error:
        raise BadCommit("A copy is from no branch, tag or commit.", hint=_HINT) from error
