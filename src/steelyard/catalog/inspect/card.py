"""The licence, from the head of a model card, or from the name of a licence file.

The head of a card is YAML; only its outermost ``license`` lines are read, line by line, so that nothing is built,
expanded or executed, however long and however hostile it is. Cards of embedding models carry 100 kB of results there.
"""

import re
from collections.abc import Iterable, Sequence

from steelyard.catalog.inspect.words import clean_text

LONGEST = 1024 * 1024  # bytes of a card that are read
_LONGEST_LICENSE = 120
_FENCE = "---"
_KEY = re.compile(r"(license|license_name)[ \t]*:[ \t]*(.*)")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_LICENSE_FILE = re.compile(r"(?:licen[cs]e|copying)(?:[-.](?P<tail>[a-z0-9.+-]+?))?(?:\.(?:txt|md|rst))?", re.I)
_TAILS = {
    "mit": "mit", "apache": "apache-2.0", "apache-2.0": "apache-2.0", "apache2": "apache-2.0", "bsd": "bsd",
    "bsd-3-clause": "bsd-3-clause", "gpl": "gpl", "gpl-3.0": "gpl-3.0", "agpl-3.0": "agpl-3.0", "lesser": "lgpl",
    "mpl-2.0": "mpl-2.0", "cc-by-4.0": "cc-by-4.0", "cc0": "cc0-1.0",
}  # fmt: skip


def read_license(data: bytes) -> str | None:
    """What a card says in ``license``; ``license_name`` where that is ``other``. None for a card without."""
    said: dict[str, str] = {}
    lines = _front_matter(data)
    for number, line in enumerate(lines):
        found = _KEY.fullmatch(line)
        if found is not None:
            value = _value(found[2], lines[number + 1 : number + 4])
            if value is not None:
                said.setdefault(found[1], value)
    license_id = said.get("license")
    return said.get("license_name", license_id) if license_id == "other" else license_id


def license_of_names(paths: Iterable[str]) -> str | None:
    """From the names at the top of a repository: ``LICENSE-MIT`` says it, ``LICENSE`` says where to look."""
    for path in sorted(path for path in paths if "/" not in path):
        found = _LICENSE_FILE.fullmatch(path)
        if found is not None:
            return _TAILS.get((found["tail"] or "").lower()) or clean_text(path, _LONGEST_LICENSE)
    return None


def _front_matter(data: bytes) -> list[str]:
    """The lines between the first two fences; none where the card does not begin with one."""
    lines = data[:LONGEST].decode("utf-8-sig", "replace").split("\n")
    if lines[0].rstrip() != _FENCE:
        return []
    head = [line.rstrip() for line in lines[1:]]
    return head[: head.index(_FENCE)] if _FENCE in head else []


def _value(text: str, following: Sequence[str]) -> str | None:
    """A scalar, the first of a list in brackets, or the first item of the list in the lines below."""
    scalar = _scalar(text)
    if scalar is not None or text:
        return scalar
    item = _ITEM.fullmatch(next((line for line in following if line), ""))
    return _scalar(item[1]) if item else None


def _scalar(text: str) -> str | None:
    bare = re.split(r"[ \t]#", text, maxsplit=1)[0].strip()
    if bare.startswith("["):
        bare = bare.strip("[]").split(",")[0].strip()
    if bare[:1] in {"&", "*", "!", "|", ">", "{"}:
        return None
    word = clean_text(bare.strip("'\""), _LONGEST_LICENSE)
    return None if word in {"null", "~", "[]"} else word
