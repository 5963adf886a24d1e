"""The routes of pushing: ``hf upload`` by way of LFS, and what else of huggingface_hub changes a repository.

Clients send no token with the bytes of large files: the address that they were given is the proof.
"""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from steelyard.dialects.huggingface.push_calls import PushCalls
from steelyard.dialects.huggingface.push_doorway import Doorway
from steelyard.dialects.huggingface.push_refusal import Handler, answered
from steelyard.downloads.push.errors import NotOffered
from steelyard.downloads.push.service import PushService
from steelyard.identity.people import People

_DOORS = ("/hf", "/u/{user}/hf")
_REPO = "/api/{kind}/{repo:path}"
# The two that take more than fits into memory; both read it piece by piece, up to limits of their own. Two routes stand
# before that of a commit, take every name with "/commit/" in it too, and read what comes at once.
UNBOUNDED = (
    ("PUT", re.compile(r"(?:/u/[^/]+)?/hf/api/lfs/[^/]+")),
    ("POST", re.compile(r"(?:/u/[^/]+)?/hf/api/[^/]+(?!/.*/(?:paths-info|preupload)/)/.+/commit/.+")),
)
# The Xet library tells people of a refusal nothing but its address.
_NO_XET = "/api/xet/set-HF_HUB_DISABLE_XET=1-and-push-again"
_USE_LFS = "Set HF_HUB_DISABLE_XET=1 and push again: a depot takes files by way of LFS."


def create_push_routes(push: PushService, people: People, public_url: str | None = None) -> list[Route]:
    """Every route of pushing, below both doors."""
    calls = PushCalls(push, Doorway(people, public_url))
    return _routes([
        ("POST", "/api/repos/create", calls.create),
        ("DELETE", "/api/repos/delete", calls.delete),
        ("POST", "/api/repos/move", calls.move),
        ("POST", "/api/validate-yaml", calls.validate),
        ("PUT", "/api/lfs/{ticket}", calls.receive),
        ("PUT", f"{_REPO}/settings", calls.settings),
        ("POST", f"{_REPO}/preupload/{{revision:path}}", calls.preupload),
        ("POST", f"{_REPO}/commit/{{revision:path}}", calls.commit),
        ("POST", f"{_REPO}/branch/{{branch:path}}", calls.branch),
        ("DELETE", f"{_REPO}/branch/{{branch:path}}", calls.drop_branch),
        ("POST", f"{_REPO}/tag/{{revision:path}}", calls.tag),
        ("DELETE", f"{_REPO}/tag/{{revision:path}}", calls.drop_tag),
        ("POST", "/{repo:path}.git/info/lfs/objects/batch", calls.batch),
        ("POST", "/{repo:path}.git/info/lfs/objects/verify", calls.verify),
    ])  # fmt: skip


def create_xet_routes(people: People, public_url: str | None = None) -> list[Route]:
    """Where clients ask for the other way to push; before the mirror's own routes, which take every other GET."""
    doorway = Doorway(people, public_url)

    async def elsewhere(request: Request) -> Response:
        return RedirectResponse(f"{doorway.base(request)}{_NO_XET}", 307)

    async def refuse(_request: Request) -> Response:
        raise NotOffered("A depot does not take files by way of Xet.", hint=_USE_LFS)

    return _routes([
        ("GET", f"{_REPO}/xet-write-token/{{revision:path}}", elsewhere),
        ("GET", _NO_XET, refuse),
    ])  # fmt: skip


def _routes(table: list[tuple[str, str, Handler]]) -> list[Route]:
    return [
        Route(f"{door}{path}", answered(handler), methods=[method])
        for door in _DOORS
        for method, path, handler in table
    ]
