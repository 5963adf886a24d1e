"""Before a push: how each file is to come, what is there already, and what stays out."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog.models import Entry, File, FileState
from steelyard.downloads.push import store
from steelyard.downloads.push.desk import Repo, changeable
from steelyard.downloads.push.errors import no_branch
from steelyard.downloads.push.ignore import Ignored
from steelyard.downloads.push.models import MAIN
from steelyard.downloads.push.modes import Mode, mode_of
from steelyard.downloads.push.tree import Tree, tree_of
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import Caller

_IGNORE = ".gitignore"
_LONGEST = 256 * 1024  # bytes of a file of rules


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that somebody is about to push; ``sample`` is its beginning."""

    path: str
    size: int
    sample: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """``there`` is the name of the bytes that the branch has under this path."""

    path: str
    mode: Mode
    ignored: bool
    there: str | None


class Preparing:
    """One verb, which changes nothing."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def plan(
        self, repo: Repo, branch: str, offered: Sequence[Offered], rules: str | None, caller: Caller
    ) -> list[Plan]:
        """What to do with each file, in their order; ``rules`` are a ``.gitignore`` that comes with them.

        Raises RepositoryMissing, NotYours, BranchMissing.
        """

        def read(connection: Connection) -> tuple[Entry, list[File]]:
            entry = changeable(connection, repo, caller)
            head = store.head(connection, entry.id, branch)
            if head is None and (branch != MAIN or store.refs_of(connection, entry.id)):
                raise no_branch(branch)
            return entry, store.files_at(connection, entry.id, head) if head is not None else []

        entry, files = await self._tools.database.read(read)
        there = tree_of(files)
        ignored = Ignored(rules if rules is not None else await self._own_rules(entry, there.get(_IGNORE)))
        return await self._tools.look(lambda: [_plan(one, there, ignored) for one in offered])

    async def _own_rules(self, entry: Entry, file: File | None) -> str:
        if file is None or file.state is not FileState.STORED or file.size > _LONGEST:
            return ""
        place = self._tools.storage.layout.blob(entry.folder, file.digest)
        with suppress(OSError):
            return await self._tools.look(lambda: place.read_text(encoding="utf-8", errors="replace"))
        return ""


def _plan(one: Offered, there: Tree, ignored: Ignored) -> Plan:
    known = there.get(one.path)
    mode = mode_of(one.path, one.size, one.sample)
    return Plan(one.path, mode, one.path in ignored, known.digest.hex if known is not None else None)
