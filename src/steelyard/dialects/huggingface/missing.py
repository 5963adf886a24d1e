"""What an address can name that is not there. Each is a 404 that the hub's clients tell apart by its code."""

from steelyard.core.errors import NotFound


class RepositoryUnknown(NotFound):
    """The address names no repository that could exist."""

    slug = "repository-unknown"
    title = "There is no such repository"


class RevisionUnknown(NotFound):
    """The text is no branch, tag or commit."""

    slug = "revision-unknown"
    title = "There is no such revision"


class EntryUnknown(NotFound):
    """The commit has no such file or folder."""

    slug = "entry-unknown"
    title = "There is no such file or folder"


class CallUnknown(NotFound):
    """The mirror has nothing at this address."""

    slug = "call-unknown"
    title = "The mirror does not serve this address"


def no_entry(path: str, commit: str | None = None) -> EntryUnknown:
    """The 404 for a file or folder."""
    where = f"commit {commit}" if commit else "this repository"
    return EntryUnknown(
        f"There is no {path[:200]!r} in {where}.", hint="hf download NAME --dry-run lists what is there."
    )


def no_call(path: str) -> CallUnknown:
    """The 404 for an address that is no call."""
    hint = "Set HF_ENDPOINT to the address that ends in /hf; models, datasets and spaces are served."
    return CallUnknown(f"Nothing is served at {path[:200]!r}.", hint=hint)
