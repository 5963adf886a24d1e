"""Making commits: all of one is there, or nothing of it."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import Connection

from steelyard.catalog.models import MODEL_TOPIC, TRASH_TOPIC, Entry
from steelyard.core.digest import Digest
from steelyard.core.signals import Signals
from steelyard.downloads.push import drafts, store
from steelyard.downloads.push.aftermath import Aftermath
from steelyard.downloads.push.desk import Repo, changeable
from steelyard.downloads.push.drafts import Draft
from steelyard.downloads.push.errors import BadCommit, CommitTooLarge, NotOffered, no_branch, outrun
from steelyard.downloads.push.locks import EntryLocks
from steelyard.downloads.push.models import (
    MAIN,
    MAX_OPERATIONS,
    Change,
    Commit,
    Content,
    Copy,
    Header,
    Operation,
    Pushed,
    Put,
)
from steelyard.downloads.push.pointers import Pointers
from steelyard.downloads.push.publishing import Publisher
from steelyard.downloads.push.room import full_disk
from steelyard.downloads.push.tree import Tree, apply, checked, commit_oid, is_same, tree_of
from steelyard.downloads.push.uploads import readable
from steelyard.downloads.tools import Tools
from steelyard.identity.principal import Caller
from steelyard.storage.staging import Staging

logger = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Base:
    """What a commit is made on. ``sizes`` are of blobs that need not be sent."""

    parent: Commit | None
    tree: Tree
    sources: Mapping[str | None, Tree] = field(default_factory=dict)
    sizes: Mapping[Digest, int] = field(default_factory=dict)


class Committing:
    """One verb. Commits to one repository come one after the other; between processes the table decides."""

    def __init__(
        self,
        tools: Tools,
        staging: Staging,
        publisher: Publisher,
        pointers: Pointers,
        aftermath: Aftermath,
        signals: Signals,
    ) -> None:
        self._tools = tools
        self._database = tools.database
        self._staging = staging
        self._publisher = publisher
        self._pointers = pointers
        self._aftermath = aftermath
        self._signals = signals
        self._locks = EntryLocks()

    async def commit(
        self, repo: Repo, branch: str, header: Header, operations: AsyncIterator[Operation], caller: Caller
    ) -> Pushed:
        """Change files on a branch. A commit that changes nothing is not made.

        Raises RepositoryMissing, NotYours, BranchMissing, StaleParent, BadCommit, PathMissing, UnsafeName, NoRoom,
        CommitTooLarge, ModelBusy, StoreAway.
        """
        entry = await self._database.read(lambda connection: changeable(connection, repo, caller))
        await self._tools.require_store()
        changes = await self._read(entry, operations)
        async with self._locks.of(entry.id):
            entry = await self._database.read(lambda connection: changeable(connection, repo, caller))
            base = await self._database.read(lambda connection: _base(connection, entry, branch, header, changes))
            sized = [_sized(change, base.sizes) for change in changes]
            tree = await self._tools.run(lambda: apply(base.tree, sized, base.sources))  # seconds, with deep folders
            if base.parent is not None and is_same(tree, base.tree):
                return Pushed(entry, base.parent.oid)
            draft = self._draft(entry, branch, header, base, tree, caller)
            revision = await self._make(draft, caller)
        await self._tools.run(lambda: self._staging.discard(entry.public_id, [file.digest for file in draft.files]))
        facts = {"user": caller.name, "branch": branch, "files": len(tree)}
        logger.info("pushed: %s", entry.name, extra=facts)
        return Pushed(entry, draft.commit.oid, await self._aftermath.of(entry.id, revision))

    async def _read(self, entry: Entry, operations: AsyncIterator[Operation]) -> list[Change]:
        """What is to change; small files wait with the large ones, so that no more than one is in memory."""
        changes: list[Change] = []
        async for operation in operations:
            if len(changes) >= MAX_OPERATIONS:
                raise CommitTooLarge(f"A commit has at most {MAX_OPERATIONS} changes.", hint="Make several commits.")
            changes.append(await self._stage(entry, operation) if isinstance(operation, Content) else operation)
        return changes

    async def _stage(self, entry: Entry, content: Content) -> Put:
        checked(content.path)
        size, owner = len(content.data), entry.public_id
        hasher = Digest("git", "0" * 40).hasher(size)
        hasher.update(content.data)
        digest = Digest("git", hasher.hexdigest())

        def keep() -> None:
            with self._staging.receive(owner, digest, size) as arriving:
                arriving.feed([content.data])
                arriving.keep()

        with full_disk():
            self._tools.require_room(size)
            await self._tools.run(keep)
        return Put(content.path, digest, size)

    def _draft(self, entry: Entry, branch: str, header: Header, base: _Base, tree: Tree, caller: Caller) -> Draft:
        """It is newer than its parent, whatever the clocks of several machines say."""
        now, parent = self._tools.clock.now(), base.parent
        at = now if parent is None else max(now, parent.at + _TICK)
        before = None if parent is None else parent.oid
        oid = commit_oid(entry.id, before, header, caller.name, at, tree)
        return Draft(entry, branch, Commit(oid, before, header.title, header.message, caller.name, at), tree, base.tree)

    async def _make(self, draft: Draft, caller: Caller) -> int:
        revision = await self._database.write(lambda connection: drafts.begin(connection, draft))
        try:
            published = await self._publisher.publish(draft.entry, draft.commit.oid, draft.files)
            await self._database.write(
                lambda connection: drafts.conclude(connection, draft, revision, published, caller)
            )
        except Exception:
            await self._give_up(draft, revision)
            raise
        await self._pointers.follow(draft.entry.id, draft.branch)
        self._signals.publish(MODEL_TOPIC, str(draft.entry.id))
        return revision

    async def _give_up(self, draft: Draft, revision: int) -> None:
        """What was published into a folder that has moved meanwhile goes after it, as long as the table says whose it
        is; then nothing of it stays in the table."""
        try:
            await self._tools.folders.settle(draft.entry.id)
        finally:
            await self._tools.run(lambda: self._publisher.withdraw(draft.entry, draft.commit.oid))
            await self._database.write(lambda connection: store.discard(connection, revision))
            self._signals.publish(TRASH_TOPIC, str(draft.entry.id))


def _base(connection: Connection, entry: Entry, branch: str, header: Header, changes: list[Change]) -> _Base:
    parent = _parent(connection, entry, branch, header)
    tree = tree_of(store.files_at(connection, entry.id, parent.oid)) if parent is not None else {}
    sent = [change.digest for change in changes if isinstance(change, Put)]
    asked = {change.revision for change in changes if isinstance(change, Copy)}
    sources = {name: tree if name is None else _tree_at(connection, entry, name) for name in asked}
    return _Base(parent, tree, sources, readable(connection, entry, sent, held=True))


def _parent(connection: Connection, entry: Entry, branch: str, header: Header) -> Commit | None:
    """The branch's head; None for the first commit of all. Raises BranchMissing, NotOffered, StaleParent."""
    head = store.head(connection, entry.id, branch)
    if head is None:
        if store.resolve(connection, entry.id, branch) is not None:
            raise NotOffered(f"{branch} is a commit; only a branch moves on.", hint="Push to a branch.")
        if branch != MAIN or store.refs_of(connection, entry.id):
            raise no_branch(branch)
    if branch in store.tags_of(connection, entry.id):
        raise NotOffered(f"{branch!r} is a tag; it stays where it is.", hint="Push to a branch.")
    if header.parent is not None and header.parent != head:
        raise outrun(branch, head, header.parent)
    return None if head is None else store.find_commit(connection, entry.id, head)


def _tree_at(connection: Connection, entry: Entry, revision: str) -> Tree:
    commit = store.resolve(connection, entry.id, revision)
    if commit is None:
        raise no_branch(revision)
    return tree_of(store.files_at(connection, entry.id, commit))


def _sized(change: Change, sizes: Mapping[Digest, int]) -> Change:
    """With the size that is known of its bytes. Raises BadCommit when somebody says another one."""
    if not isinstance(change, Put) or change.digest not in sizes:
        return change
    size = sizes[change.digest]
    if change.size is not None and change.size != size:
        raise BadCommit(
            f"{change.path[:200]!r} is said to have {change.size} bytes; these have {size}.", hint="Push it again."
        )
    return replace(change, size=size)
