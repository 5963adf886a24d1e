"""The Hugging Face hub: the library for metadata, headers and errors; our own mover for the bytes.

The library no longer resumes, never checks hashes and cannot be cancelled, so it does not move bytes here. Its metadata
calls are synchronous and run in threads.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, but not re-exported
from yarl import URL

from steelyard.core.digest import Digest
from steelyard.core.ref import InvalidReference, Kind, is_commit, parse
from steelyard.core.version import __version__
from steelyard.sources.errors import AccessRefused, UpstreamBusy, UpstreamNonsense
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import RangeClient
from steelyard.sources.huggingface.errors import Raised, refused, translate
from steelyard.sources.huggingface.session import asking
from steelyard.sources.huggingface.settings import HuggingFaceSettings
from steelyard.sources.pauses import HostPauses
from steelyard.sources.protocol import ByteStream, RemoteFile, Repository, Resolved
from steelyard.sources.registry import SourceContext
from steelyard.sources.threads import in_daemon_thread

T = TypeVar("T")
_DEADLINE = 300.0  # seconds for one question; a tree of 100,000 files has 100 pages


class HuggingFaceSource:
    """One upstream hub."""

    hub = "huggingface"

    def __init__(self, settings: HuggingFaceSettings, guard: Guard, client: RangeClient, pauses: HostPauses) -> None:
        token = settings.token.get_secret_value() if settings.token else False
        self._endpoint = settings.endpoint
        self._timeout = settings.timeout_seconds
        self._host = URL(settings.endpoint).host or ""
        self._api = HfApi(settings.endpoint, token, library_name="steelyard", library_version=__version__)
        self._headers = build_hf_headers(token=token, library_name="steelyard", library_version=__version__)
        self._guard = guard
        self._client = client
        self._pauses = pauses

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Ask the hub what a revision means. Raises the errors of sources.errors."""

        def ask() -> Resolved:
            info = self._api.repo_info(
                repository.name, repo_type=repository.kind.value, revision=revision, timeout=self._timeout
            )
            gated = bool(getattr(info, "gated", False))
            if gated:  # its description is public, its files are not
                self._api.auth_check(repository.name, repo_type=repository.kind.value)
            return _resolved(repository.kind, info.id, info.sha, gated=gated)

        return await self._ask(ask, repository, revision)

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """The whole tree of a commit. Raises the errors of sources.errors."""

        def ask() -> list[RemoteFile]:
            tree = self._api.list_repo_tree(
                repository.name, repo_type=repository.kind.value, revision=commit, recursive=True
            )
            return [_remote_file(item) for item in tree if isinstance(item, RepoFile)]

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
            async with self._client.open(address, self._headers, offset) as stream:
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
            return await in_daemon_thread(ask_guarded, _DEADLINE)
        except Raised as error:
            translated = translate(error, self._endpoint, repository, revision)
            if isinstance(translated, UpstreamBusy) and translated.retry_after:
                self._pauses.pause(self._host, translated.retry_after)
            raise translated from error


def create(context: SourceContext) -> HuggingFaceSource:
    """The entry point: a source from the settings of the depot."""
    settings = context.settings_of(HuggingFaceSource.hub, HuggingFaceSettings)
    guard = context.guard(settings.endpoint)
    return HuggingFaceSource(settings, guard, context.range_client(guard), context.pauses)


def _resolved(kind: Kind, name: str, commit: str | None, *, gated: bool) -> Resolved:
    """What the hub says becomes paths, so it is believed only in the form that it must have."""
    if commit is None or not is_commit(commit):
        raise UpstreamNonsense(f"The hub names {str(commit)[:60]!r} as a commit.")
    try:
        reference = parse(name)
    except InvalidReference as error:
        raise UpstreamNonsense(f"The hub names {name[:60]!r} as a repository.") from error
    if reference.bare != reference or reference.name != name or reference.entry_key is not None:
        raise UpstreamNonsense(f"The hub names {name[:60]!r} as a repository.")
    return Resolved(Repository(kind, name), commit, gated)


def _remote_file(item: RepoFile) -> RemoteFile:
    size, oid = (item.size, item.blob_id) if item.lfs is None else (item.lfs.size, item.lfs.sha256)
    try:
        digest = Digest("git" if item.lfs is None else "sha256", oid)
    except (ValueError, TypeError) as error:
        raise UpstreamNonsense(f"The hub announces {str(item.path)[:120]!r} with a hash that is none.") from error
    if not _is_path(item.path):
        raise UpstreamNonsense("The hub announces a file whose name is no text.")
    if not _is_size(size):
        raise UpstreamNonsense(f"The hub announces {str(item.path)[:120]!r} with an impossible size.")
    return RemoteFile(item.path, size, digest)


def _is_path(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:
        return False


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 63
