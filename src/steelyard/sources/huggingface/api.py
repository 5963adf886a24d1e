"""Questions to the hub's API: the library's session, headers and errors, with time-outs of our own.

The library's own calls retry for half a minute where no connection can be made, and some of them wait without end.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx2
from huggingface_hub import get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public, but not re-exported
    build_hf_headers,
    hf_raise_for_status,
    validate_repo_id,
)

from steelyard.core.version import __version__
from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.protocol import Repository

_MOST_PAGES = 10_000  # of a tree, 1000 files each
_PATHS_AT_ONCE = 500
Json = Any
Session = Callable[[], httpx2.Client]


class HubApi:
    """One hub's API, asked from a thread. Each call asks once a page; what it raises ``translate`` understands.

    ``session`` is the library's, which the guard watches.
    """

    def __init__(self, settings: HuggingFaceSettings, session: Session = get_session) -> None:
        token = settings.token.get_secret_value() if settings.token else False
        self.headers = build_hf_headers(token=token, library_name="steelyard", library_version=__version__)
        self._endpoint = settings.endpoint
        self._timeout = httpx2.Timeout(settings.timeout_seconds, connect=settings.connect_seconds)
        self._session = session

    def info(self, repository: Repository, revision: str | None) -> Json:
        """``/api/{kind}s/{id}``, or its ``/revision/{revision}``."""
        return _json(self._get(repository, "" if revision is None else f"/revision/{_quoted(revision)}"))

    def check_access(self, repository: Repository) -> None:
        """``/auth-check``: returns when the files may be read."""
        self._get(repository, "/auth-check")

    def tree(self, repository: Repository, commit: str, most_pages: int = _MOST_PAGES) -> Iterator[Json]:
        """Every entry of ``/tree/{commit}``, page by page. Raises UpstreamNonsense when it does not end."""
        answer = self._get(repository, f"/tree/{_quoted(commit)}", {"recursive": True, "expand": False})
        for _ in range(most_pages):
            yield from _json(answer)
            following = answer.links.get("next", {}).get("url")
            if following is None:
                return
            answer = self._ask("GET", following)
        raise UpstreamNonsense(f"The tree of {repository.name} does not end.")

    def refs(self, repository: Repository) -> Json:
        """``/refs``, pull requests too."""
        return _json(self._get(repository, "/refs", {"include_prs": 1}))

    def commits(self, repository: Repository, revision: str, page: int) -> tuple[Json, httpx2.Response]:
        """A page of ``/commits/{revision}``, and the answer whose headers say whether there are more."""
        answer = self._get(repository, f"/commits/{_quoted(revision)}", {"p": page})
        return _json(answer), answer

    def paths_info(self, repository: Repository, commit: str, paths: Sequence[str]) -> Iterator[Json]:
        """What ``/paths-info/{commit}`` says of these paths."""
        address = self._address(repository, f"/paths-info/{_quoted(commit)}")
        for start in range(0, len(paths), _PATHS_AT_ONCE):
            asked = {"paths": list(paths[start : start + _PATHS_AT_ONCE]), "expand": False}
            yield from _json(self._ask("POST", address, data=asked))

    def _get(self, repository: Repository, path: str, params: Mapping[str, Any] | None = None) -> httpx2.Response:
        return self._ask("GET", self._address(repository, path), params=params)

    def _ask(self, method: str, address: str, **given: Any) -> httpx2.Response:
        answer = self._session().request(method, address, headers=self.headers, timeout=self._timeout, **given)
        hf_raise_for_status(answer)
        return answer

    def _address(self, repository: Repository, path: str) -> str:
        validate_repo_id(repository.name)
        return f"{self._endpoint}/api/{repository.kind.plural}/{repository.name}{path}"


def _quoted(revision: str) -> str:
    return quote(revision, safe="")


def _json(answer: httpx2.Response) -> Json:
    try:
        return json.loads(answer.content)
    except RecursionError as error:
        raise UpstreamNonsense("The hub answers with lists in lists without end.") from error
