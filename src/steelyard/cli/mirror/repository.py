"""Looks at one repository of a mirror: its tree, its smallest and its largest file, parts of files."""

import re
from collections.abc import Set
from urllib.parse import quote

from steelyard.cli.mirror.answer import Answer, Outcome, rows
from steelyard.cli.mirror.asker import Asker
from steelyard.cli.mirror.observed import Choice, FileLook, ModelLook, RangeLook, TreeFile, tree_file
from steelyard.cli.mirror.place import Place
from steelyard.cli.mirror.seat import Seat

NO_FILE = "steelyard-doctor/no-such-file"
_PACE = 32 << 20  # bytes that show whether an answer flows
_LEAST_PACE = 1 << 20
_SOME = 64 << 10
_TREE = 64 << 20
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


def look_at(asker: Asker, seat: Seat, place: Place, choice: Choice, commit: str) -> ModelLook:
    """Everything seen of the chosen model at a commit."""
    return _Looker(asker, seat, place, quote(choice.name or ""), commit).look(choice.stored)


def next_link(outcome: Outcome | None) -> str | None:
    """The address of the next page, as the answer tells it."""
    match = _NEXT.search(outcome.headers.get("link", "")) if isinstance(outcome, Answer) else None
    return match[1] if match else None


class _Looker:
    def __init__(self, asker: Asker, seat: Seat, place: Place, model: str, commit: str) -> None:
        self._asker = asker
        self._headers = seat.headers
        self._api = f"{place.base}/api/models/{model}"
        self._files = f"{place.base}/{model}/resolve/{commit}"
        self._base = place.base
        self._commit = commit

    def look(self, stored: Set[str]) -> ModelLook:
        tree = self._get(f"{self._api}/tree/{self._commit}?recursive=true&expand=false", most=_TREE)
        files = [file for file in map(tree_file, rows(tree)) if file is not None]
        here = [file for file in files if file.path in stored and file.size > 1]
        small = min(here or [file for file in files if file.size > 1], key=lambda file: file.size, default=None)
        large = max(here, key=lambda file: file.size, default=small)
        first_page = self._get(f"{self._api}/tree/{self._commit}?recursive=true&limit=1")
        look_small = self._look(small) if small else None
        return ModelLook(
            commit=self._commit,
            files=files,
            tree=tree,
            first_page=first_page,
            next_page=self._follow(first_page),
            paths=self._paths(large) if large else None,
            look_small=look_small,
            look_large=look_small if large == small or large is None else self._look(large),
            ranges=self._ranges(small, large, look_small) if small and large and look_small else None,
            pace=self._pace(large) if large and large.size >= _LEAST_PACE else None,
            missing_file=self._asker.ask("HEAD", self._url(NO_FILE), self._plainly()),
        )

    def _follow(self, page: Outcome) -> Outcome | None:
        link = next_link(page)
        inside = link is not None and link.startswith(f"{self._base}/")
        return self._get(link) if link and inside else None

    def _paths(self, file: TreeFile) -> Outcome:
        url = f"{self._api}/paths-info/{self._commit}"
        return self._asker.ask("POST", url, self._headers, form=[("paths", file.path), ("expand", "false")])

    def _look(self, file: TreeFile) -> FileLook:
        head = self._asker.ask("HEAD", self._url(file.path), self._plainly())
        return FileLook(file, head, self._get(self._url(file.path), most=_SOME))

    def _ranges(self, small: TreeFile, large: TreeFile, look: FileLook) -> RangeLook:
        etag = look.head.headers.get("etag") if isinstance(look.head, Answer) else None
        return RangeLook(
            size=large.size,
            first=self._part(large, "bytes=0-0"),
            last=self._part(large, f"bytes={large.size - 1}-"),
            same=self._part(small, "bytes=1-1", etag) if etag else None,
            other=self._part(small, "bytes=1-1", '"not-this-one"'),
        )

    def _pace(self, file: TreeFile) -> Outcome:
        headers = {**self._headers, "Range": f"bytes=0-{min(file.size, _PACE) - 1}"}
        return self._asker.ask("GET", self._url(file.path), headers, most=_PACE, keep=0)

    def _part(self, file: TreeFile, wanted: str, etag: str | None = None) -> Outcome:
        headers = {**self._headers, "Range": wanted} | ({"If-Range": etag} if etag else {})
        return self._asker.ask("GET", self._url(file.path), headers, most=_SOME, keep=16)

    def _get(self, url: str, *, most: int = 1 << 20) -> Outcome:
        return self._asker.ask("GET", url, self._headers, most=most, keep=most)

    def _plainly(self) -> dict[str, str]:
        return {**self._headers, "Accept-Encoding": "identity"}

    def _url(self, path: str) -> str:
        return f"{self._files}/{quote(path)}"
