"""What the hub says, asked for as rarely as the answers stay good, and not at all while it is away.

Answers about what the shelf has nothing of are kept here; of the others the tables know as well, see ``placing``.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from steelyard.catalog.models import File
from steelyard.core.clock import Clock
from steelyard.core.recent import Recent
from steelyard.downloads.listing import to_files
from steelyard.downloads.mirror.models import Named
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.sources.errors import (
    AccessRefused,
    RepositoryMissing,
    RevisionMissing,
    UpstreamBusy,
    UpstreamUnavailable,
)
from steelyard.sources.protocol import Hub, Repository, Resolved
from steelyard.sources.registry import Sources

T = TypeVar("T")
SOURCE = "huggingface"
_REFUSAL_SECONDS = 30.0  # how long a no of the hub is good: people accept licences and correct names
_AWAY_SECONDS = 5.0  # how long a hub that was away is not asked: each question would wait for it
_PAUSE_SECONDS = 3.0  # how long a pause may be that is waited for: no client waits at a 429 to its first question
_ANSWERS = 2000
_DESCRIBED = (
    16 * 1024 * 1024
)  # characters in all descriptions that are remembered; in memory they take a few times that
_LISTED = 100_000  # files in all lists that are remembered
_Refusal = RepositoryMissing | RevisionMissing | AccessRefused


@dataclass(frozen=True, slots=True)
class _Kept:
    """``weight`` is the length of the description as JSON."""

    value: Any
    at: float
    weight: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way, and since when it is."""

    task: asyncio.Task[Any]
    at: float


class Upstream:
    """The one hub behind the mirror. Questions that are on their way are shared."""

    def __init__(self, sources: Sources, clock: Clock, settings: MirrorSettings) -> None:
        self._sources = sources
        self._clock = clock
        self._settings = settings
        self._answers: Recent[Named, _Kept] = Recent(_ANSWERS)
        self._refusals: Recent[Named, _Kept] = Recent(_ANSWERS)
        self._lists: dict[tuple[Repository, str], Sequence[File]] = {}
        self._asked: dict[Any, _Asked] = {}
        self._away_until = float("-inf")

    @property
    def is_away(self) -> bool:
        """Whether it is not asked now: it was away a moment ago, or never shall be."""
        return self._settings.offline or self._clock.monotonic() < self._away_until

    def remembered(self, named: Named) -> Resolved | None:
        """What it said lately."""
        kept = self._answers.get(named)
        is_good = kept is not None and self._clock.monotonic() - kept.at < self._settings.fresh_seconds
        return kept.value if kept is not None and is_good else None

    def names_of(self, repository: Repository, commit: str) -> list[str]:
        """The branches and tags that meant a commit when it was asked lately."""
        return [
            named.revision or "main"
            for named, kept in self._answers.items()
            if named.repository == repository and kept.value.commit == commit and named.revision != commit
        ]

    async def resolve(self, named: Named, seconds: float) -> Resolved:
        """The commit, fresh enough. Raises UpstreamUnavailable after so many seconds, and what the source raises."""
        known = self.remembered(named)
        if known is not None:
            return known
        refusal = self._refusals.get(named)
        if refusal is not None and self._clock.monotonic() - refusal.at < _REFUSAL_SECONDS:
            raise refusal.value.with_traceback(None)  # else it grows each time
        source = self._source()
        return await self._ask(named, lambda: self._resolved(source, named), seconds)

    async def list_files(self, repository: Repository, commit: str, seconds: float) -> Sequence[File]:
        """Every file of a commit, none said to be here. Raises as ``resolve``, UnsafeName and UpstreamNonsense."""
        key = (repository, commit)
        known = self._lists.get(key)
        if known is not None:
            return known
        source = self._source()
        return await self._ask(key, lambda: self._listed(source, repository, commit), seconds)

    async def refs(self, repository: Repository, seconds: float) -> Mapping[str, Any]:
        """Branches and tags. Raises as ``resolve``."""
        source = self._source()
        return await self._ask(("refs", repository), lambda: source.refs(repository), seconds)

    async def commits(
        self, repository: Repository, revision: str, page: int, seconds: float
    ) -> tuple[list[Mapping[str, Any]], bool]:
        """A page of the history, and whether there is more. Raises as ``resolve``."""
        source, key = self._source(), ("commits", repository, revision, page)
        return await self._ask(key, lambda: source.commits(repository, revision, page), seconds)

    async def _resolved(self, source: Hub, named: Named) -> Resolved:
        """Its answer, kept even when nobody waits for it any more."""
        found = await source.resolve(named.repository, named.revision)
        kept = _Kept(found, self._clock.monotonic(), len(json.dumps(found.document)) if found.document else 0)
        for name in {named, Named(found.repository, found.commit)}:  # clients go on with the commit
            self._answers.put(name, kept)
        self._lighten()
        return found

    def _lighten(self) -> None:
        remembered = self._answers.items()
        total = sum(kept.weight for _, kept in remembered)
        for named, kept in remembered[:-2]:
            if total <= _DESCRIBED:
                return
            self._answers.drop(named)
            total -= kept.weight

    async def _listed(self, source: Hub, repository: Repository, commit: str) -> Sequence[File]:
        """Its list, kept; as many lists are as have so many files together."""
        files = to_files(await source.list_files(repository, commit))
        self._lists[repository, commit] = files
        while len(self._lists) > 1 and sum(len(listed) + 1 for listed in self._lists.values()) > _LISTED:
            del self._lists[next(iter(self._lists))]
        return files

    def gone_away(self) -> None:
        """It was found away by somebody else."""
        self._away_until = self._clock.monotonic() + _AWAY_SECONDS

    def require_online(self) -> None:
        """Raises UpstreamUnavailable where the hub is never asked for anything."""
        if self._settings.offline:
            raise UpstreamUnavailable(
                "This depot is offline and has not got it.", hint="Ask for what `steelyard ls` shows."
            )

    def _source(self) -> Hub:
        """Raises UpstreamUnavailable while it is not asked."""
        self.require_online()
        if self.is_away:
            left = self._away_until - self._clock.monotonic()
            raise UpstreamUnavailable("The hub is away, and the depot has not got it.", retry_after=max(1.0, left))
        source = self._sources.get(SOURCE)
        if not isinstance(source, Hub):
            raise UpstreamUnavailable("The source of this depot tells no history, so the mirror cannot ask it.")
        return source

    async def _ask(self, key: Any, question: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Share a question; it goes on when somebody stops waiting, so that whoever asks next finds it sooner.

        The ``seconds`` are those since it was asked: nobody waits anew for a hub that hangs.
        """
        asked = self._asked.get(key)
        if asked is None:
            task = asyncio.ensure_future(_after_a_pause(question))
            self._asked[key] = asked = _Asked(task, self._clock.monotonic())
            task.add_done_callback(lambda done: self._forget(key, done))
        left = max(0.0, asked.at + seconds - self._clock.monotonic())
        done, _ = await asyncio.wait({asked.task}, timeout=left)
        if not done:
            raise UpstreamUnavailable(f"The hub has not answered within {seconds:.0f} s.", retry_after=_AWAY_SECONDS)
        answer: T = asked.task.result()
        return answer

    def _forget(self, key: Any, done: asyncio.Task[Any]) -> None:
        del self._asked[key]
        error = None if done.cancelled() else done.exception()
        if isinstance(error, UpstreamUnavailable):
            self.gone_away()
        elif isinstance(error, _Refusal) and isinstance(key, Named):
            self._refusals.put(key, _Kept(error, self._clock.monotonic()))


async def _after_a_pause(question: Callable[[], Awaitable[T]]) -> T:
    """Ask, and once more where the hub wants a short pause; the source holds that."""
    try:
        return await question()
    except UpstreamBusy as error:
        if error.retry_after is None or error.retry_after > _PAUSE_SECONDS:
            raise
    return await question()
