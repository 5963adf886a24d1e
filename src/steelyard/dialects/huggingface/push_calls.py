"""The calls of pushing: parse, call one verb, encode."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from steelyard.dialects.huggingface import push_answers as answers
from steelyard.dialects.huggingface import push_bodies as bodies
from steelyard.dialects.huggingface.push_commit import read_commit
from steelyard.dialects.huggingface.push_doorway import Doorway, is_old
from steelyard.dialects.huggingface.push_paths import about, lfs_repository
from steelyard.dialects.huggingface.push_refusal import refused
from steelyard.downloads.push.desk import Repo
from steelyard.downloads.push.errors import NotOffered, RepositoryExists
from steelyard.downloads.push.service import PushService
from steelyard.sources.protocol import Repository
from steelyard.usage.events import MIRROR_REQUEST, EventType
from steelyard.usage.note import note


@dataclass(frozen=True, slots=True)
class PushCalls:
    """The handlers: parse, call one verb, encode."""

    push: PushService
    doorway: Doorway

    async def create(self, request: Request) -> Response:
        body, caller = bodies.read(bodies.NamedRepository, await request.body()), await self.doorway.caller(request)
        repo = self.push.repositories.named(body.kind, body.name, body.organization, caller)
        found = answers.created(self.doorway.told(request), repo.kind, repo.name)
        private = bodies.is_private(body.private, body.visibility) or False
        try:
            await self.push.repositories.create(repo, caller, private=private)
        except RepositoryExists as error:
            return refused(error, **found)
        note(request, type=EventType.MODEL_UPDATE, model=str(repo.entry_name))
        return JSONResponse(found)

    async def delete(self, request: Request) -> Response:
        body, caller = bodies.read(bodies.NamedRepository, await request.body()), await self.doorway.caller(request)
        repo = self.push.repositories.named(body.kind, body.name, body.organization, caller)
        await self.push.repositories.delete(repo, caller)
        note(request, type=EventType.MODEL_DELETE, model=str(repo.entry_name))
        return JSONResponse({})

    async def move(self, _request: Request) -> Response:
        hint = "Push it under the new name and delete the old one: bytes that are here need not be sent again."
        raise NotOffered("A depot does not rename repositories.", hint=hint)

    async def validate(self, _request: Request) -> Response:
        """Every model card is taken as it is."""
        return JSONResponse({"errors": [], "warnings": []})

    async def settings(self, request: Request) -> Response:
        repo, _ = self._about(request, "settings")
        body, caller = bodies.read(bodies.Settings, await request.body()), await self.doorway.caller(request)
        private = bodies.is_private(body.private, body.visibility)
        if body.gated or private is None:
            raise NotOffered("Only who may see a repository can be set.", hint="Send private=True or private=False.")
        await self.push.repositories.change(repo, caller, private=private)
        return JSONResponse({"private": private})

    async def preupload(self, request: Request) -> Response:
        _require_no_pull_request(request)
        repo, branch = self._about(request, "preupload")
        body, caller = bodies.read(bodies.Preupload, await request.body()), await self.doorway.caller(request)
        plans = await self.push.preparing.plan(repo, branch, body.offered, body.gitIgnore, caller)
        return JSONResponse(answers.planned(plans, with_names=not is_old(request)))

    async def batch(self, request: Request) -> Response:
        repo = _repo(lfs_repository(self.doorway.door(request).rest))
        body, caller = bodies.read(bodies.Batch, await request.body()), await self.doorway.caller(request)
        if body.operation != "upload":
            raise NotOffered("Large files are fetched by /resolve/, not by LFS.", hint=f"hf download {repo.name}")
        asked = await self.push.uploads.ask(repo, [one.wanted for one in body.objects], caller)
        found = answers.batch(self.doorway.base(request), repo.kind, repo.name, asked)
        return JSONResponse(found, media_type=answers.LFS_JSON)

    async def receive(self, request: Request) -> Response:
        note(request, type=MIRROR_REQUEST)
        length = request.headers.get("content-length", "")
        announced = int(length) if length.isdigit() else None
        await self.push.uploads.receive(request.path_params["ticket"], announced, request.stream())
        return Response(status_code=200)

    async def verify(self, request: Request) -> Response:
        repo = _repo(lfs_repository(self.doorway.door(request).rest))
        body, caller = bodies.read(bodies.Verify, await request.body()), await self.doorway.caller(request)
        await self.push.uploads.verify(repo, *body.wanted, caller)
        return JSONResponse({}, media_type=answers.LFS_JSON)

    async def commit(self, request: Request) -> Response:
        _require_no_pull_request(request)
        repo, branch = self._about(request, "commit")
        caller = await self.doorway.caller(request)
        header, operations = await read_commit(request.stream())
        pushed = await self.push.committing.commit(repo, branch, header, operations, caller)
        note(request, type=EventType.MODEL_UPDATE, model=str(repo.entry_name))
        found = answers.committed(self.doorway.told(request), repo.kind, repo.name, pushed)
        return JSONResponse(found, headers=dict(answers.held_notices(pushed)))

    async def branch(self, request: Request) -> Response:
        repo, name = self._about(request, "branch")
        body, caller = bodies.read(bodies.Branch, await request.body()), await self.doorway.caller(request)
        await self.push.references.branch(repo, name, body.startingPoint, caller)
        return JSONResponse({})

    async def drop_branch(self, request: Request) -> Response:
        repo, name = self._about(request, "branch")
        await self.push.references.drop(repo, name, await self.doorway.caller(request), is_tag=False)
        return JSONResponse({})

    async def tag(self, request: Request) -> Response:
        repo, at = self._about(request, "tag")
        body, caller = bodies.read(bodies.Tag, await request.body()), await self.doorway.caller(request)
        await self.push.references.tag(repo, body.tag, at, body.message, caller)
        return JSONResponse({})

    async def drop_tag(self, request: Request) -> Response:
        repo, name = self._about(request, "tag")
        await self.push.references.drop(repo, name, await self.doorway.caller(request), is_tag=True)
        return JSONResponse({})

    def _about(self, request: Request, word: str) -> tuple[Repo, str]:
        repository, name = about(self.doorway.door(request).rest, word)
        return _repo(repository), name


def _repo(found: Repository) -> Repo:
    return Repo(found.kind, found.name)


def _require_no_pull_request(request: Request) -> None:
    if request.query_params.get("create_pr", "0") not in {"", "0", "false"}:
        raise NotOffered("A depot has no pull requests.", hint="Push to a branch: revision='my-change'.")
