"""Branches and tags of pushed repositories."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog.models import MODEL_TOPIC, Entry
from steelyard.core.ref import is_commit, parse_revision
from steelyard.core.signals import Signals
from steelyard.downloads.push import store
from steelyard.downloads.push.desk import Repo, changeable, seen
from steelyard.downloads.push.errors import NotOffered, RefExists, no_branch
from steelyard.downloads.push.models import MAIN, Commit
from steelyard.downloads.push.pointers import Pointers
from steelyard.downloads.tools import Tools
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller

_LONGEST_MESSAGE = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """The references of a repository, by name, each with its commit."""

    branches: dict[str, str]
    tags: dict[str, str]


class References:
    """The verbs. A branch and a tag never have the same name."""

    def __init__(self, tools: Tools, pointers: Pointers, signals: Signals) -> None:
        self._tools = tools
        self._pointers = pointers
        self._signals = signals

    async def branch(self, repo: Repo, name: str, start: str | None, caller: Caller) -> None:
        """A new branch at a branch, tag or commit. Raises RefExists, BranchMissing, RepositoryMissing, NotYours."""
        await self._make(repo, name, start, caller)

    async def tag(self, repo: Repo, name: str, at: str, message: str | None, caller: Caller) -> None:
        """A new tag. Raises as ``branch``."""
        await self._make(repo, name, at, caller, message=(message or "")[:_LONGEST_MESSAGE], is_tag=True)

    async def drop(self, repo: Repo, name: str, caller: Caller, *, is_tag: bool) -> None:
        """Take a branch or tag away; its commits stay. Raises BranchMissing, NotOffered for the main branch."""
        if name == MAIN and not is_tag:
            raise NotOffered(f"The branch {MAIN} stays.", hint="Delete the repository, or another branch.")

        def drop(connection: Connection) -> Entry:
            entry = changeable(connection, repo, caller)
            commit = store.head(connection, entry.id, name)
            if commit is None or (name in store.tags_of(connection, entry.id)) != is_tag:
                raise no_branch(name)
            store.drop(connection, entry.id, name)
            deed = Deed(f"{_word(is_tag=is_tag)}.delete", str(entry.name), {"name": name, "commit": commit})
            audit.record(connection, caller, deed, self._tools.clock.now())
            return entry

        await self._follow(await self._tools.database.write(drop), name)

    async def listed(self, repo: Repo, caller: Caller) -> Listed:
        """All of them. Raises RepositoryMissing."""

        def read(connection: Connection) -> Listed:
            entry = seen(connection, repo, caller)
            found, tags = store.refs_of(connection, entry.id), store.tags_of(connection, entry.id)
            return Listed(
                {name: commit for name, commit in found.items() if name not in tags},
                {name: commit for name, commit in found.items() if name in tags},
            )

        return await self._tools.database.read(read)

    async def history(self, repo: Repo, revision: str | None, caller: Caller) -> Sequence[Commit]:
        """The commits that lead to a revision, the newest first. Raises RepositoryMissing, BranchMissing."""

        def read(connection: Connection) -> list[Commit]:
            entry = seen(connection, repo, caller)
            commit = store.resolve(connection, entry.id, revision or MAIN)
            if commit is None:
                raise no_branch(revision or MAIN)
            return store.history(connection, entry.id, commit)

        return await self._tools.database.read(read)

    async def _make(
        self, repo: Repo, name: str, start: str | None, caller: Caller, message: str = "", *, is_tag: bool = False
    ) -> None:
        now = self._tools.clock.now()

        def make(connection: Connection) -> Entry:
            entry = changeable(connection, repo, caller)
            _require_free(name, store.refs_of(connection, entry.id))
            commit = store.resolve(connection, entry.id, start or MAIN)
            if commit is None:
                raise no_branch(start or MAIN)
            store.point(connection, entry.id, name, commit, now)
            if is_tag:
                store.add_tag(connection, entry.id, name, message or None, now)
            deed = Deed(f"{_word(is_tag=is_tag)}.create", str(entry.name), None, {"name": name, "commit": commit})
            audit.record(connection, caller, deed, now)
            return entry

        await self._follow(await self._tools.database.write(make), name)

    async def _follow(self, entry: Entry, name: str) -> None:
        await self._pointers.follow(entry.id, name)
        self._signals.publish(MODEL_TOPIC, str(entry.id))


def _require_free(name: str, known: dict[str, str]) -> None:
    """A reference is a file in a folder: ``a`` and ``a/b`` cannot both be. Raises RefExists, NotOffered."""
    parse_revision(name)
    if is_commit(name) or name.startswith("refs/"):
        raise NotOffered(f"{name[:100]!r} cannot be the name of a branch or tag.", hint="Choose another name.")
    for other in known:
        if name == other:
            raise RefExists(f"There is a branch or tag {name!r} already.", hint="Choose another name.")
        if name.startswith(f"{other}/") or other.startswith(f"{name}/"):
            raise RefExists(f"{other!r} stands in the way of {name!r}.", hint="Choose another name, or delete that.")


def _word(*, is_tag: bool) -> str:
    return "tag" if is_tag else "branch"
