"""The mirror's addresses: what a client of the Hugging Face hub asks, told by one service."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from steelyard.core.errors import SteelyardError
from steelyard.dialects.huggingface import asked as calls
from steelyard.dialects.huggingface import refs
from steelyard.dialects.huggingface.agent import read_agent
from steelyard.dialects.huggingface.answers import refusal
from steelyard.dialects.huggingface.door import Door, find_door, own_base, prefix_of
from steelyard.dialects.huggingface.files import FileCalls
from steelyard.dialects.huggingface.info import expanded, info, read_expand
from steelyard.dialects.huggingface.locate import locate
from steelyard.dialects.huggingface.missing import no_call
from steelyard.dialects.huggingface.pathsform import read_paths
from steelyard.dialects.huggingface.tree import is_on, list_tree, next_link, paths_info, read_options
from steelyard.downloads.mirror.models import Named
from steelyard.downloads.mirror.service import Mirror
from steelyard.http.guards import TRUSTED_PEER
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope
from steelyard.usage.events import MIRROR_REQUEST
from steelyard.usage.note import note

DOORS = ("/hf", "/u/{user}/hf")
_COMMITS_PAGE = "p"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: where it came in, what it asks, and who sent it."""

    request: Request
    door: Door
    asked: calls.Asked
    caller: Caller


class MirrorCalls:
    """Everything that only reads."""

    def __init__(self, mirror: Mirror, files: FileCalls, people: People, public_url: str | None) -> None:
        self._mirror = mirror
        self._files = files
        self._people = people
        self._public_url = public_url
        self._prefix = prefix_of(public_url)

    async def answer(self, request: Request) -> Response:
        """Answer one request; errors in the hub's own shape."""
        try:
            return await self._answer(await self._visit(request))
        except SteelyardError as error:
            return refusal(error)

    async def _visit(self, request: Request) -> Visit:
        """Raises InvalidName, CallUnknown and what ``locate`` raises."""
        raw = request.scope.get("raw_path", request.scope["path"].encode()).decode("latin-1")
        door = find_door(raw, self._prefix)
        if door is None:
            raise no_call(raw)
        agent = read_agent(request.headers.get("user-agent"))
        caller = await self._people.caller(request.scope, door.user or agent.origin)
        note(request, type=MIRROR_REQUEST, caller=caller, session=agent.session)
        return Visit(request, door, locate(door.rest), caller)

    async def _answer(self, visit: Visit) -> Response:
        match visit.asked:
            case calls.FileAt() as asked:
                return await self._files.answer(visit.request, asked, visit.caller)
            case calls.Info() as asked:
                return await self._info(visit, asked)
            case calls.Tree() as asked:
                return await self._tree(visit, asked)
            case calls.PathsInfo() as asked:
                return await self._paths_info(visit, asked)
            case calls.Refs() as asked:
                return await self._refs(visit, asked)
            case calls.Commits() as asked:
                return await self._commits(visit, asked)
            case calls.AuthCheck() as asked:
                return await self._auth_check(visit, asked)
            case calls.Plain() as asked:
                return self._plain(visit, asked)
            case _:
                raise no_call(visit.door.rest)

    async def _info(self, visit: Visit, asked: calls.Info) -> Response:
        query = visit.request.query_params
        placed = await self._mirror.place(Named(asked.repo, asked.revision), visit.caller)
        note(visit.request, model=str(placed.name))
        shown = await self._mirror.shown(placed)
        await self._mirror.touch(placed, visit.caller)
        document = info(shown, blobs=is_on(query.get("blobs")))
        return JSONResponse(expanded(document, read_expand(query.multi_items())))

    async def _tree(self, visit: Visit, asked: calls.Tree) -> Response:
        shown = await self._mirror.show(Named(asked.repo, asked.revision), visit.caller)
        note(visit.request, model=str(shown.name))
        options = read_options(visit.request.query_params.multi_items())
        page = list_tree(shown.files, asked.folder, options, shown.commit)
        headers = {"X-Repo-Commit": shown.commit}
        if page.cursor is not None:
            headers["Link"] = next_link(self._base(visit), asked.repo, shown.commit, asked.folder, options, page.cursor)
        return JSONResponse(page.entries, headers=headers)

    async def _paths_info(self, visit: Visit, asked: calls.PathsInfo) -> Response:
        shown = await self._mirror.show(Named(asked.repo, asked.revision), visit.caller)
        note(visit.request, model=str(shown.name))
        request = visit.request
        form = read_paths(await request.body(), request.headers.get("content-type", ""))
        return JSONResponse(paths_info(shown.files, form.paths, expand=form.expand))

    async def _refs(self, visit: Visit, asked: calls.Refs) -> Response:
        placed = await self._mirror.place(Named(asked.repo), visit.caller)
        note(visit.request, model=str(placed.name))
        told = await self._mirror.refs(placed)
        return JSONResponse(refs.known_refs(told.known) if told.document is None else refs.refs(told.document))

    async def _commits(self, visit: Visit, asked: calls.Commits) -> Response:
        placed = await self._mirror.place(Named(asked.repo, asked.revision), visit.caller)
        note(visit.request, model=str(placed.name))
        page = _number(visit.request.query_params.get(_COMMITS_PAGE))
        told = await self._mirror.commits(placed, page)
        items = refs.known_commits(told.known) if told.items is None else refs.commits(told.items)
        headers = {}
        if told.more:
            path = f"/api/{asked.repo.kind.plural}/{asked.repo.name}/commits/{placed.commit}"
            headers["Link"] = f'<{self._base(visit)}{path}?{_COMMITS_PAGE}={page + 1}>; rel="next"'
        return JSONResponse(items, headers=headers)

    async def _auth_check(self, visit: Visit, asked: calls.AuthCheck) -> Response:
        placed = await self._mirror.place(Named(asked.repo), visit.caller)
        if asked.write:
            self._mirror.require_writable(placed, visit.caller)
        return JSONResponse({})

    def _plain(self, visit: Visit, asked: calls.Plain) -> Response:
        match asked.call:
            case "whoami":
                return JSONResponse(_whoami(visit.caller, self._mirror.namespaces))
            case "agent-harnesses":
                return JSONResponse({"standardEnvVars": [], "harnesses": {}})
            case "telemetry":
                return Response()
            case _:
                raise no_call(visit.door.rest)

    def _base(self, visit: Visit) -> str:
        request = visit.request
        trusted = bool(request.scope.get("state", {}).get(TRUSTED_PEER))
        return own_base(
            visit.door, public_url=self._public_url, scheme=request.url.scheme, headers=request.headers,
            is_trusted=trusted,
        )  # fmt: skip


def create_routes(answer: Callable[[Request], Awaitable[Response]]) -> list[BaseRoute]:
    """The addresses that only read, under both doors."""
    return [
        route
        for door in DOORS
        for route in (
            Route(f"{door}/api/{{kind}}/{{repo:path}}/paths-info/{{revision:path}}", answer, methods=["POST"]),
            Route(f"{door}/{{rest:path}}", answer, methods=["GET"]),
        )
    ]


def is_mirror(path: str) -> bool:
    """Whether a path, without the prefix of the public address, leads to the mirror."""
    try:
        return find_door(path) is not None
    except SteelyardError:
        return True


def _whoami(caller: Caller, namespaces: Sequence[str]) -> dict[str, Any]:
    """As ``whoami-v2``; the reserved namespaces stand as organisations."""
    writes = caller.access.may(Role.MEMBER, Scope.WRITE)
    orgs = [{"type": "org", "name": name, "fullname": name, "roleInOrg": "write"} for name in namespaces if writes]
    role = "write" if writes else "read"
    return {
        "type": "user", "id": str(caller.principal.id), "name": caller.name, "fullname": caller.name,
        "isPro": False, "orgs": orgs,
        "auth": {"type": "access_token", "accessToken": {"displayName": "steelyard", "role": role}},
    }  # fmt: skip


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 9 else 0
