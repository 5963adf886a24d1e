"""From the raw path behind the door to what a push is about. Pure."""

from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.asked import Push
from steelyard.dialects.huggingface.locate import locate
from steelyard.dialects.huggingface.missing import no_call
from steelyard.dialects.huggingface.names import repository, revision
from steelyard.sources.protocol import Repository

_KINDS = {kind.plural: kind for kind in Kind}
_API = 2  # segments before the repository: ``api/models``


def about(rest: str, word: str) -> tuple[Repository, str]:
    """The repository of ``/api/{kind}s/{id}/{word}[/{name}]``, and the name; an empty text without one.

    A name with slashes may come with or without their encoding. Raises RepositoryUnknown, RevisionUnknown, CallUnknown.
    """
    segments = rest.removeprefix("/").split("/")
    kind, below = _KINDS.get(segments[1]) if len(segments) > _API else None, segments[_API:]
    at = next((place for place in (2, 1) if below[place : place + 1] == [word]), None)
    if kind is None or at is None:
        raise no_call(rest)
    name = "/".join(below[at + 1 :])
    return repository(kind, below[:at]), revision(name) if name else ""


def lfs_repository(rest: str) -> Repository:
    """The repository of ``/[datasets/|spaces/]{id}.git/info/lfs/…``. Raises RepositoryUnknown, CallUnknown."""
    asked = locate(rest)
    if not isinstance(asked, Push):
        raise no_call(rest)
    return asked.repo
