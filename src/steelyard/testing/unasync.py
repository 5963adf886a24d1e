"""Writes the synchronous SDK from the asynchronous one: the same words without ``async`` and ``await``.

``make sdk`` runs it; a test fails when the files are not fresh. Names are changed token by token, so that texts and
comments stay as they are.
"""

import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

HEADER = "# Written by `make sdk` from client/aio/{name}: edit that.\n"
_DROPPED = frozenset({"async", "await"})
_RENAMED = {
    "AsyncClient": "Client", "AsyncIterator": "Iterator", "AsyncGenerator": "Generator", "aclosing": "closing",
    "asynccontextmanager": "contextmanager", "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncBaseTransport": "BaseTransport", "AsyncHTTPTransport": "HTTPTransport", "aclose": "close", "aread": "read",
    "aiter_bytes": "iter_bytes", "aiter_lines": "iter_lines", "__aenter__": "__enter__", "__aexit__": "__exit__",
    "__aiter__": "__iter__", "__anext__": "__next__", "asyncio": "time",
}  # fmt: skip
_PHRASES = {
    "steelyard.client.aio": "steelyard.client",
    "Generator[Job, None]": "Generator[Job, None, None]",
    "Generator[ChatChunk, None]": "Generator[ChatChunk, None, None]",
    "contextlib.aclosing": "contextlib.closing",
    " an asynchronous context manager or closed with ``aclose``": " a context manager or closed",
    '"AsyncClient"': '"Client"',
}
Edit = tuple[int, int, str]  # from, to, what stands there instead


def synchronous(source: str) -> str:
    """The twin of one module, not yet formatted."""
    text = source
    for start, end, replacement in sorted(_edits(source), reverse=True):
        text = text[:start] + replacement + text[end:]
    for phrase, twin in _PHRASES.items():
        text = text.replace(phrase, twin)
    return text


def twins(package: Path) -> dict[Path, str]:
    """The synchronous files of an SDK package, by path, formatted."""
    sources = sorted(path for path in (package / "aio").glob("*.py") if path.name != "__init__.py")
    return {
        package / path.name: _formatted(HEADER.format(name=path.name) + synchronous(path.read_text()), path.name)
        for path in sources
    }


def _edits(source: str) -> Iterator[Edit]:
    """What to change; ``Awaitable[X]`` becomes ``X``."""
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    open_awaitables: list[int] = []
    depth, previous = 0, ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        depth += (token.string == "[") - (token.string == "]")
        if token.string == "[" and previous == "Awaitable":
            open_awaitables.append(depth)
            yield start, end, ""
        elif token.string == "]" and open_awaitables and depth < open_awaitables[-1]:
            open_awaitables.pop()
            yield start, end, ""
        elif token.type == tokenize.NAME:
            yield from _edit_of_name(token.string, start, end, source)
        previous = token.string


def _edit_of_name(name: str, start: int, end: int, source: str) -> Iterator[Edit]:
    if name in _DROPPED:
        yield start, end + (source[end] == " "), ""
    elif name == "Awaitable":
        yield start, end + 2 * (source[end] == ","), ""
    elif name in _RENAMED:
        yield start, end, _RENAMED[name]


_TIDIED = (
    ["check", "--select", "I,SIM117,UP028", "--fix-only", "--unsafe-fixes", "--quiet"],
    ["format", "--quiet"],
)


def _formatted(text: str, name: str) -> str:
    for command in _TIDIED:
        done = subprocess.run(  # noqa: S603 - our own linter on our own text
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", f"src/steelyard/client/{name}", "-"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        text = done.stdout
    return text


def main(package: Path) -> None:
    """Write the twins."""
    for path, text in twins(package).items():
        path.write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
