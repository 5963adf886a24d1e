"""The addresses of Ollama's protocol."""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from steelyard.core.errors import SteelyardError
from steelyard.dialects.ollama.errors import refusal
from steelyard.dialects.ollama.pulling import PullCalls
from steelyard.dialects.ollama.shelf import ShelfCalls
from steelyard.dialects.ollama.talking import TalkCalls
from steelyard.http.bodylimit import Routes

Endpoint = Callable[[Request], Awaitable[Response]]
ROOMY: Routes = (("POST", re.compile(r"/api/(?:chat|generate|embed|embeddings)")),)
_CALLS = r"version|tags|ps|show|chat|generate|embed|embeddings|pull|push|copy|create|delete|blobs/[^/]*"
_ITS_HUB = (
    r"me|status|signin|signout|user/.*|web_search|web_fetch|experimental/.*"  # not here; its programs ask all the same
)
_PATHS = re.compile(rf"/api/(?:{_CALLS}|{_ITS_HUB})")


def create_routes(talk: TalkCalls, shelf: ShelfCalls, pulls: PullCalls) -> list[BaseRoute]:
    """All of them."""
    calls: tuple[tuple[str, str, Endpoint], ...] = (
        ("GET", "version", shelf.version), ("GET", "tags", shelf.tags), ("GET", "ps", shelf.ps),
        ("POST", "show", shelf.show), ("POST", "chat", talk.chat), ("POST", "generate", talk.generate),
        ("POST", "embed", talk.embed), ("POST", "embeddings", talk.embeddings), ("POST", "pull", pulls.pull),
        ("POST", "push", shelf.push), ("POST", "copy", shelf.copy), ("POST", "create", shelf.create),
        ("DELETE", "delete", shelf.delete),
    )  # fmt: skip
    return [
        *(Route(f"/api/{name}", _told(call), methods=[method]) for method, name, call in calls),
        Route("/api/blobs/{digest}", _told(shelf.blob), methods=["HEAD", "POST"]),
    ]


def is_ollama(path: str) -> bool:
    """Whether a path, without the prefix of the public address, belongs to this protocol."""
    return _PATHS.fullmatch(path) is not None


def is_heartbeat(scope: Scope) -> bool:
    """Whether a program only wants to know that somebody listens, as ``ollama`` does before every command."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return path in {"", "/"} and scope["method"] in {"GET", "HEAD"} and b"text/html" not in accepted


def heartbeat() -> Response:
    """The line that Ollama's programs look for. It tells nothing else, so whoever may not come in hears it too."""
    return PlainTextResponse("Ollama is running", headers={"Vary": "Accept"})


def _told(call: Endpoint) -> Endpoint:
    """Errors in the protocol's own shape."""

    async def answer(request: Request) -> Response:
        try:
            return await call(request)
        except SteelyardError as error:
            return refusal(error, await _model(request))

    return answer


async def _model(request: Request) -> str | None:
    """The model that was asked for, for the words of an error; where one is made, that which it is made from."""
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return None
    named = ("from",) if request.url.path.endswith("/create") else ("model", "name", "source")
    found = next(filter(None, map(body.get, named)), None) if isinstance(body, dict) else None
    return found if isinstance(found, str) else None
