"""What a request is about: its repository, commit and options, read from the route and the query."""

from collections.abc import Mapping

from aiohttp import web

from steelyard.core.ref import Kind
from steelyard.testing.hub.errors import GatedRepo, RepoNotFound
from steelyard.testing.hub.faults import Call
from steelyard.testing.hub.repos import Commit, Repo
from steelyard.testing.hub.state import ORIGIN, STATE

_TRUE = frozenset({"true", "1", "True"})


def call_name(request: web.Request) -> str | None:
    """The route's name, None for an unknown address."""
    return request.match_info.route.resource.name if request.match_info.route.resource else None


def kind_of(match: Mapping[str, str]) -> Kind:
    """The kind in ``/api/{kind}/…`` or before ``/resolve/``."""
    word = match.get("kind", "").strip("/")
    return Kind(word.removesuffix("s")) if word else Kind.MODEL


def repo_name(match: Mapping[str, str]) -> str | None:
    """``org/name``, or ``datasets/org/name``; None when the address names no repository."""
    if "repo" not in match:
        return None
    kind = kind_of(match)
    return match["repo"] if kind is Kind.MODEL else f"{kind.plural}/{match['repo']}"


def fault_call(request: web.Request) -> Call:
    """The request as fault rules see it."""
    name, repo, call = call_name(request), repo_name(request.match_info), request.match_info
    if repo is None:
        names: tuple[str, ...] = (f"api:{name}",)
    elif name == "resolve":
        names = (f"{repo}/{call['path']}",)
    else:
        names = (f"api:{repo}", f"api:{repo}/{name}")
    return Call(names, request.method, request.app[ORIGIN])


def repo_and_commit(request: web.Request) -> tuple[Repo, Commit]:
    """What the address names; the branch main when it names no revision. Raises RepoNotFound, RevisionNotFound."""
    match = request.match_info
    repo = request.app[STATE].repos.find(kind_of(match), match["repo"])
    if repo.private and request.app[ORIGIN] == "hub" and token_of(request) is None:
        raise RepoNotFound("Repository not found", hint="It is private: put the client's token into hub.tokens.")
    return repo, repo.at(match.get("rev", "main"))


def flag(values: Mapping[str, object], name: str) -> bool:
    """Whether an option is switched on."""
    return str(values.get(name, "")) in _TRUE


def token_of(request: web.Request) -> str | None:
    """The bearer token, if it is an accepted one."""
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if word == "Bearer" and token in request.app[STATE].tokens else None


def check_gate(request: web.Request, repo: Repo) -> None:
    """Let the request through to the files. Raises GatedRepo."""
    if repo.gated and token_of(request) is None:
        raise GatedRepo(
            f"Access to model {repo.repo_id} is restricted. You must be authenticated to access it.",
            hint="Put the client's token into hub.tokens.",
        )
