"""Whether files come with the headers that clients cannot do without, and whether these tell the truth."""

from collections.abc import Iterator, Mapping

from steelyard.cli.mirror.answer import Answer
from steelyard.cli.mirror.finding import Finding, doubt, fault, fine
from steelyard.cli.mirror.observed import FileLook, Observed, TreeFile

NAME = "headers"
_KEEP = "A proxy or cache strips or changes headers: let X-Repo-Commit, ETag, X-Linked-* and Content-Length through."
_ACCEL = "x-accel-redirect"
_THROUGH_NGINX = (
    "On the depot: unset STEELYARD_MIRROR__ACCEL_REDIRECT, or let people in through nginx alone (docs/how-to/proxy.md)."
)


def check(seen: Observed) -> Iterator[Finding]:
    """All that is wrong with the answers to HEAD, in one finding."""
    if seen.model is None:
        return
    if any(_ACCEL in answer.headers for answer in seen.answers()):
        yield fault("accel", "X-Accel-Redirect reaches the client: files come empty", _THROUGH_NGINX)
    wrong = [text for look in seen.looks() for text in _wrong(look, seen.model.commit)]
    if wrong:
        yield fault(NAME, "; ".join(dict.fromkeys(wrong)), _KEEP)
    elif any(_is_weak(look) for look in seen.looks()):
        yield doubt(NAME, "ETags arrive as weak ones (W/): a proxy compresses, or rewrites answers", _KEEP)
    elif seen.looks():
        yield fine(NAME, "commit, ETag and size are told, and agree with the tree")


def _wrong(look: FileLook, commit: str) -> Iterator[str]:
    path, head = look.file.path, look.head
    if not isinstance(head, Answer):
        yield f"{path}: no answer to HEAD ({head.reason})"
    elif head.target is None and not head.is_fine:
        yield f"{path}: HEAD says {head.status} {head.error_code or ''}".rstrip()
    elif head.is_fine:
        yield from (f"{path}: {text}" for text in _untrue(look.file, head.headers, commit))


def _untrue(file: TreeFile, headers: Mapping[str, str], commit: str) -> Iterator[str]:
    told, etag = headers.get("x-repo-commit"), _etag(headers)
    size = headers.get("x-linked-size") or headers.get("content-length")
    if told != commit:
        yield "X-Repo-Commit is missing" if told is None else f"X-Repo-Commit is {told[:12]}, asked for {commit[:12]}"
    if etag is None:
        yield "ETag is missing"
    elif etag != (file.sha256 or file.oid):
        yield "ETag is not the hash in the tree"
    if size is None:
        yield "the size is missing"
    elif size != str(file.size):
        yield f"the size is {size}, in the tree {file.size}"


def _etag(headers: Mapping[str, str]) -> str | None:
    etag = headers.get("x-linked-etag") or headers.get("etag")
    return etag.removeprefix("W/").strip('"') if etag else None


def _is_weak(look: FileLook) -> bool:
    return isinstance(look.head, Answer) and look.head.headers.get("etag", "").startswith("W/")
