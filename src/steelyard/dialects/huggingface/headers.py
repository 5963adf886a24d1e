"""The headers of a resolve answer, as ``get_hf_file_metadata`` of huggingface_hub reads them (``file_download.py``).

There is never an ``X-Xet-*`` nor a ``Link`` to a Xet store among them.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import quote

from steelyard.catalog.models import File
from steelyard.dialects.huggingface.ascii import one_line
from steelyard.dialects.huggingface.gitnames import is_lfs

Headers = list[tuple[str, str]]
_UNSAFE = re.compile(r"[^A-Za-z0-9 !#$&+.^_`|~()\[\]{}=,@-]")
_MAX_NOTICE = 400


def file_headers(file: File, commit: str) -> Headers:
    """What every answer about a file carries; length and range are the bytes' own matter."""
    etag = f'"{file.digest.hex}"'
    linked = [("X-Linked-Etag", etag), ("X-Linked-Size", str(file.size))] if is_lfs(file) else []
    return [
        ("X-Repo-Commit", commit),
        ("ETag", etag),
        *linked,
        ("Accept-Ranges", "bytes"),
        ("Content-Type", content_type(file)),
        ("Content-Disposition", disposition(file.path)),
        ("X-Content-Type-Options", "nosniff"),
    ]


def content_type(file: File) -> str:
    """Never a type that a browser would run: the files are other people's."""
    if is_lfs(file):
        return "application/octet-stream"
    return "application/json" if file.path.endswith(".json") else "text/plain; charset=utf-8"


def disposition(path: str) -> str:
    """``inline`` with the file's name, in both spellings (RFC 6266, section 4.1)."""
    name = PurePosixPath(path).name
    return f"inline; filename*=UTF-8''{quote(name, safe='')}; filename=\"{_UNSAFE.sub('_', name)}\""


def notices(told: Iterable[tuple[str, str]]) -> Headers:
    """``X-HF-Warning: topic; text`` for each: clients print the first of every topic at their user's terminal."""
    return [
        ("X-HF-Warning", f"{one_line(topic, 60).replace(';', ',')}; {one_line(text, _MAX_NOTICE)}")
        for topic, text in told
    ]
