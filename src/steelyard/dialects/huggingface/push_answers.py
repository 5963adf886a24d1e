"""What pushing clients read. Pure."""

from collections.abc import Sequence
from typing import Any

from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.headers import Headers, notices
from steelyard.downloads.push.models import Asked, Pushed
from steelyard.downloads.push.preparing import Plan

LFS_JSON = "application/vnd.git-lfs+json"
_EXPIRES = 86_400  # seconds, as the uploads room has it


def repository_url(base: str, kind: Kind, repo: str) -> str:
    """The address that clients read a repository's name from; the name alone where ``base`` is empty."""
    place = repo if kind is Kind.MODEL else f"{kind.plural}/{repo}"
    return f"{base}/{place}" if base else place


def created(base: str, kind: Kind, repo: str) -> dict[str, Any]:
    """A new repository, or one that was there: clients read its address from either."""
    return {"url": repository_url(base, kind, repo), "name": repo, "id": repo}


def planned(plans: Sequence[Plan], *, with_names: bool = True) -> dict[str, Any]:
    """How each file is to come; ``with_names`` tells what is there, so that a client leaves it out.

    huggingface_hub 0.x fails where it has nothing to send, at an address that it makes itself.
    """
    files = [
        {
            "path": one.path, "uploadMode": one.mode, "shouldIgnore": one.ignored,
            "oid": one.there if with_names else None,
        }
        for one in plans
    ]  # fmt: skip
    return {"files": files}


def batch(base: str, kind: Kind, repo: str, asked: Sequence[Asked]) -> dict[str, Any]:
    """Where to send what; whatever has no actions is here (git-lfs ``docs/api/batch.md``)."""
    verify = f"{repository_url(base, kind, repo)}.git/info/lfs/objects/verify"
    return {"transfer": "basic", "hash_algo": "sha256", "objects": [_object(base, verify, one) for one in asked]}


def committed(base: str, kind: Kind, repo: str, pushed: Pushed) -> dict[str, Any]:
    """A commit; a depot has no pull requests."""
    url = f"{repository_url(base, kind, repo)}/commit/{pushed.commit}"
    return {"success": True, "commitUrl": url, "commitOid": pushed.commit, "pullRequestUrl": None}


def held_notices(pushed: Pushed) -> Headers:
    """A line at the terminal of whoever pushed what is not shown to anybody yet."""
    if not pushed.held:
        return []
    more = f" and {len(pushed.held) - 1} more" if len(pushed.held) > 1 else ""
    text = (
        f"{pushed.held[0]}{more} can run code when it is loaded, and is held back until an administrator allows it. "
        f"Safetensors files are never held back; steelyard show {pushed.entry.name} says why."
    )
    return notices([("quarantine", text)])


def _object(base: str, verify: str, asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = {"oid": asked.digest.hex, "size": asked.size}
    if asked.refusal is not None:
        return {**found, "error": {"code": 422, "message": asked.refusal}}
    if asked.ticket is None:
        return found
    upload = {"href": f"{base}/api/lfs/{asked.ticket}", "header": {}, "expires_in": _EXPIRES}
    return {**found, "authenticated": True, "actions": {"upload": upload, "verify": {"href": verify, "header": {}}}}
