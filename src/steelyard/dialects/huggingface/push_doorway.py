"""Where a pushing client came in, and who it is."""

from dataclasses import dataclass

from starlette.requests import Request

from steelyard.dialects.huggingface.agent import read_agent
from steelyard.dialects.huggingface.door import Door, find_door, own_base, prefix_of
from steelyard.dialects.huggingface.missing import no_call
from steelyard.http.guards import TRUSTED_PEER
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.events import MIRROR_REQUEST
from steelyard.usage.note import note


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where a request came in, and who sent it."""

    people: People
    public_url: str | None

    def door(self, request: Request) -> Door:
        raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        path = raw.decode("ascii", "replace")
        found = find_door(path, prefix_of(self.public_url))
        if found is None:
            raise no_call(path)
        return found

    def base(self, request: Request) -> str:
        """The address that the client knows as HF_ENDPOINT."""
        trusted = bool(request.scope.get("state", {}).get(TRUSTED_PEER))
        return own_base(
            self.door(request), public_url=self.public_url, scheme=request.url.scheme,
            headers=dict(request.headers), is_trusted=trusted,
        )  # fmt: skip

    def told(self, request: Request) -> str:
        """What stands before the names of repositories in answers: huggingface_hub 0.x reads no address with a path."""
        return "" if is_old(request) else self.base(request)

    async def caller(self, request: Request) -> Caller:
        """Raises InvalidName, NotSignedIn."""
        agent = read_agent(request.headers.get("user-agent"))
        caller = await self.people.caller(request.scope, self.door(request).user or agent.origin)
        note(request, type=MIRROR_REQUEST, caller=caller, session=agent.session)
        return caller


def is_old(request: Request) -> bool:
    """Whether huggingface_hub 0.x asks: it fails at every address of a repository that has a path before its name."""
    return (read_agent(request.headers.get("user-agent")).hub or "").startswith("0.")
