"""The Hugging Face hub: the library for headers, sessions and errors; our own questions, and our own mover of bytes.

The library no longer resumes, never checks hashes and cannot be cancelled, so it does not move bytes here. Its session
is synchronous, so questions run in threads.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from huggingface_hub import get_session, hf_hub_url
from yarl import URL

from steelyard.sources.errors import AccessRefused, UpstreamBusy
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import RangeClient
from steelyard.sources.huggingface.api import HubApi, Session
from steelyard.sources.huggingface.errors import Raised, refused, translate
from steelyard.sources.huggingface.session import Lookup, asking, system_lookup
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.huggingface.shapes import more_follow, to_commits, to_file, to_refs, to_resolved
from steelyard.sources.lookups import is_address
from steelyard.sources.pauses import HostPauses
from steelyard.sources.protocol import ByteStream, RemoteFile, Repository, Resolved
from steelyard.sources.registry import SourceContext
from steelyard.sources.threads import in_daemon_thread

T = TypeVar("T")
_DEADLINE = 300.0  # seconds for one question; a tree of 100,000 files has 100 pages


class HuggingFaceSource:
    """One upstream hub. Nothing is tried twice in here: whoever asks decides about that."""

    hub = "huggingface"

    def __init__(
        self,
        settings: HuggingFaceSettings,
        guard: Guard,
        client: RangeClient,
        pauses: HostPauses,
        session: Session = get_session,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._endpoint = settings.endpoint
        self._host = URL(settings.endpoint).host or ""
        self._connect_seconds = settings.connect_seconds
        self._lookup = lookup
        self._api = HubApi(settings, session)
        self._guard = guard
        self._client = client
        self._pauses = pauses

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Ask the hub what a revision means: one request, two when gated. Raises the errors of sources.errors."""

        def ask() -> Resolved:
            resolved = to_resolved(repository.kind, self._api.info(repository, revision))
            if resolved.gated:  # its description is public, its files are not
                self._api.check_access(repository)
            return resolved

        return await self._ask(ask, repository, revision)

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """The whole tree of a commit. Raises the errors of sources.errors."""

        def ask() -> list[RemoteFile]:
            return [file for entry in self._api.tree(repository, commit) if (file := to_file(entry))]

        return await self._ask(ask, repository, commit)

    async def refs(self, repository: Repository) -> Mapping[str, Any]:
        """Branches, tags, conversions and pull requests. Raises the errors of sources.errors."""
        return await self._ask(lambda: to_refs(self._api.refs(repository)), repository, None)

    async def commits(self, repository: Repository, revision: str, page: int) -> tuple[list[Mapping[str, Any]], bool]:
        """A page of the history, and whether more follow. Raises the errors of sources.errors."""

        def ask() -> tuple[list[Mapping[str, Any]], bool]:
            told, answer = self._api.commits(repository, revision, page)
            commits = to_commits(told)
            return commits, more_follow(answer.links, answer.headers.get("x-total-count"), page, len(commits))

        return await self._ask(ask, repository, revision)

    async def describe(self, repository: Repository, commit: str, paths: Sequence[str]) -> list[RemoteFile]:
        """Those of the paths that are files. Raises the errors of sources.errors."""
        wanted = list(dict.fromkeys(paths))

        def ask() -> list[RemoteFile]:
            told = [file for entry in self._api.paths_info(repository, commit, wanted) if (file := to_file(entry))]
            found = {file.path: file for file in told}
            return [found[path] for path in wanted if path in found]

        return await self._ask(ask, repository, commit)

    @asynccontextmanager
    async def open(
        self, repository: Repository, commit: str, file: RemoteFile, offset: int
    ) -> AsyncIterator[ByteStream]:
        """Stream a file from an offset. Raises the errors of sources.errors."""
        address = hf_hub_url(
            repository.name, file.path, repo_type=repository.kind.value, revision=commit, endpoint=self._endpoint
        )
        try:
            async with self._client.open(address, self._api.headers, offset) as stream:
                yield stream
        except AccessRefused as error:
            raise refused(self._endpoint, repository) from error

    async def close(self) -> None:
        """Let connections go."""
        await self._client.close()

    async def _ask(self, ask: Callable[[], T], repository: Repository, revision: str | None) -> T:
        def ask_guarded() -> T:
            with asking(self._guard, self._endpoint):
                return ask()

        await self._pauses.wait(self._host)
        try:
            await self._find()
            return await in_daemon_thread(ask_guarded, _DEADLINE)
        except Raised as error:
            translated = translate(error, self._endpoint, repository, revision)
            if isinstance(translated, UpstreamBusy) and translated.retry_after:
                self._pauses.pause(self._host, translated.retry_after)
            raise translated from error

    async def _find(self) -> None:
        """Return when the hub's name can be looked up: the time-out for a connection begins behind that.

        Raises OSError, of which TimeoutError is one.
        """
        url = URL(self._endpoint)
        if not is_address(self._host) and self._guard.route(url).proxy is None:
            await in_daemon_thread(lambda: self._lookup(self._host, url.port or 0), self._connect_seconds)


def create(context: SourceContext) -> HuggingFaceSource:
    """The entry point: a source from the settings of the depot."""
    settings = context.settings_of(HuggingFaceSource.hub, HuggingFaceSettings)
    guard = context.guard(settings.endpoint)
    return HuggingFaceSource(settings, guard, context.range_client(guard, settings.connect_seconds), context.pauses)
