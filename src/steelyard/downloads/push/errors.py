"""The errors of pushing."""

from collections.abc import Collection

from steelyard.catalog.errors import ModelMissing
from steelyard.catalog.models import EntryName
from steelyard.core.errors import BadRequest, Conflict, Forbidden, Invalid, NotFound, SteelyardError
from steelyard.sources.errors import FileMissing, RevisionMissing


class RepositoryMissing(ModelMissing):
    """No pushed repository has that name, or none that the caller may see."""

    slug = "repository-not-here"
    title = "There is no such repository"


class BranchMissing(RevisionMissing):
    """The repository has no such branch, tag or commit."""

    slug = "branch-missing"
    title = "There is no such branch, tag or commit"


class PathMissing(FileMissing):
    """The repository has no such file or folder at that commit."""

    slug = "path-missing"
    title = "There is no such file or folder"


class UploadClosed(NotFound):
    """The address was for one upload, which is over."""

    slug = "upload-closed"
    title = "That upload address is no longer good"


class RepositoryExists(Conflict):
    """The name is taken."""

    slug = "repository-exists"
    title = "There is a repository of that name"


class RefExists(Conflict):
    """The repository has a branch or tag of that name, or one in its way."""

    slug = "ref-exists"
    title = "There is a branch or tag of that name"


class StaleParent(Conflict):
    """Somebody else's commit came first."""

    slug = "stale-parent"
    title = "The branch has moved on"


class NamespaceClosed(Forbidden):
    """Nobody, or not this caller, pushes below that name."""

    slug = "namespace-closed"
    title = "Models cannot be pushed there"


class NotPushable(Forbidden):
    """What did not come by pushing is not changed by it."""

    slug = "not-pushable"
    title = "That is not changed by pushing"


class NameInTrash(Forbidden):
    """A repository of that name is in the trash."""

    slug = "name-in-trash"
    title = "A repository of that name is in the trash"


class NotOffered(BadRequest):
    """The hub has it, a depot does not."""

    slug = "not-offered"
    title = "A depot does not offer that"


class BadCommit(BadRequest):
    """The commit cannot be made as it was sent."""

    slug = "bad-commit"
    title = "That commit cannot be made"


class WrongBytes(Invalid):
    """The bytes that came are not what was announced."""

    slug = "wrong-bytes"
    title = "The bytes are not what was announced"


class CommitTooLarge(SteelyardError):
    """A commit holds more than it may."""

    status = 413
    slug = "commit-too-large"
    title = "The commit is too large"


class NoRoom(SteelyardError):
    """The store's disk is full."""

    status = 507
    slug = "no-room"
    title = "The depot's disk is full"


def repository_missing(name: object, *, in_trash: bool = False) -> RepositoryMissing:
    """The 404 for a repository; ``in_trash`` only for whoever may know."""
    if in_trash:
        return RepositoryMissing(f"{name} is in the trash.", hint=f"steelyard restore {name} brings it back.")
    return RepositoryMissing(f"There is no repository {name} here.", hint=f"Make it first: hf repos create {name}")


def namespace_closed(repo: str, open_to: Collection[str]) -> NamespaceClosed:
    """``open_to`` are the namespaces in which the caller may make repositories."""
    shown = ", ".join(f"{name}/…" for name in open_to)
    where = f"You can push to {shown}." if open_to else "Nobody has set one aside for pushing yet."
    hint = 'An administrator sets team namespaces: STEELYARD_MIRROR__NAMESPACES=["team"].'
    return NamespaceClosed(f"{repo!r} is not in a namespace of this depot. {where}", hint=hint)


def no_namespace(name: str) -> NamespaceClosed:
    """Nobody can tell below which name it belongs."""
    hint = "Sign in (HF_TOKEN=sy_…), or set HF_ENDPOINT=…/u/alice/hf; team namespaces: STEELYARD_MIRROR__NAMESPACES."
    return NamespaceClosed(f"{name!r} needs a namespace, like 'team/{name}'.", hint=hint)


def no_account(repo: str) -> NamespaceClosed:
    """Nobody could own it."""
    hint = "Ask an administrator for an account, and set HF_TOKEN to a token of it (sy_…)."
    return NamespaceClosed(f"{repo!r} would belong to nobody: pushing takes an account.", hint=hint)


def taken(name: EntryName) -> RepositoryExists:
    """There is one already."""
    return RepositoryExists(f"{name} is here already.", hint="Push to it, or choose another name.")


def from_elsewhere(name: EntryName) -> RepositoryExists:
    """A model of that name came another way: they would share a folder."""
    hint = "Choose another name; the two would share a folder in the store."
    return RepositoryExists(f"{name} is here already; it came from {name.hub}.", hint=hint)


def not_pushed(name: EntryName) -> NotPushable:
    """It came from a hub or a folder."""
    hint = f"Push under another name; steelyard rm {name} deletes it here."
    return NotPushable(f"{name} came from {name.hub}; it is not changed by pushing.", hint=hint)


def in_trash(name: EntryName) -> NameInTrash:
    """It must come back, or go for good, before there is a new one."""
    hint = f"steelyard restore {name} brings it back; an administrator frees the name: steelyard rm {name} --purge."
    return NameInTrash(f"{name} is in the trash.", hint=hint)


def outrun(branch: str, head: str | None, wanted: str | None) -> StaleParent:
    """``wanted`` is what the head should have been."""
    seen = f", not {wanted}" if wanted else ""
    hint = "Look at what came in, and push again on top of it."
    return StaleParent(f"{branch} is at {head or 'nothing'} by now{seen}.", hint=hint)


def no_branch(name: str) -> BranchMissing:
    """The 404 for a revision."""
    return BranchMissing(f"There is no branch, tag or commit {name[:200]!r}.", hint="Leave it out to get main.")


def no_path(path: str) -> PathMissing:
    """The words are the hub's own, which its clients look for."""
    return PathMissing(f"A file with this name doesn't exist: {path[:200]}", hint="A folder's name ends with a slash.")
