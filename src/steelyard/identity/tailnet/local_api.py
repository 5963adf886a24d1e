"""tailscaled's LocalAPI, as far as the depot needs it."""

from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, UnixConnector
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from yarl import URL

from steelyard.identity.tailnet.addresses import with_port
from steelyard.identity.tailnet.models import TailnetPerson
from steelyard.identity.tailnet.profiles import as_person, is_tagged_user
from steelyard.identity.tailnet.trouble import Trouble
from steelyard.identity.tailnet.wire import Answer, decoded, get

_WHOIS = URL("http://local-tailscaled.sock/localapi/v0/whois")  # it refuses any other Host
_MOST_BYTES = 1 << 20
_SHAPE = ConfigDict(extra="ignore")


class _Node(BaseModel):
    model_config = _SHAPE

    tags: list[str] | None = Field(None, alias="Tags")


class _Profile(BaseModel):
    model_config = _SHAPE

    id: StrictInt | StrictStr = Field("", alias="ID")
    login_name: str = Field("", alias="LoginName")
    display_name: str | None = Field(None, alias="DisplayName")


class _Whois(BaseModel):
    model_config = _SHAPE

    node: _Node = Field(alias="Node")
    profile: _Profile = Field(alias="UserProfile")

    def person(self) -> TailnetPerson | None:
        profile = self.profile
        if self.node.tags or is_tagged_user(profile.id, profile.login_name):
            return None
        return as_person(profile.id, (profile.login_name, profile.display_name), profile.display_name)


class LocalApi:
    """The daemon behind one socket. ``budget`` is how many seconds one answer may take."""

    def __init__(self, socket: Path, *, budget: float) -> None:
        self._socket = socket
        self._timeout = ClientTimeout(total=budget)
        self._session: ClientSession | None = None

    async def whois(self, address: str) -> TailnetPerson | None:
        """Whose it is; None for nobody's and a tagged machine's. Raises Trouble."""
        url = _WHOIS.with_query(addr=with_port(address))
        answer = await get(self._opened(), url, _MOST_BYTES, self._away())
        return None if answer.status == 404 else _read(answer)

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _away(self) -> Trouble:
        return Trouble(
            "tailscaled does not answer.",
            "See whether it runs on this machine (tailscale status), whether tailnet.tailscale_socket names its "
            "socket, and whether the depot's user may open it.",
        )

    def _opened(self) -> ClientSession:
        if self._session is None:  # opened on first use, because it belongs to the running loop
            connector = UnixConnector(path=str(self._socket))
            self._session = ClientSession(connector=connector, timeout=self._timeout, cookie_jar=DummyCookieJar())
        return self._session


def _read(answer: Answer) -> TailnetPerson | None:
    if answer.status == 403:
        raise Trouble(
            "tailscaled does not let the depot ask who an address belongs to.",
            "Let the depot's user do so: sudo tailscale set --operator=USER.",
        )
    if answer.status != 200:
        raise Trouble(f"tailscaled answers {answer.status}.", "Its log says why.")
    try:
        return _Whois.model_validate(decoded("tailscaled", answer.body)).person()
    except ValidationError as error:
        raise Trouble("tailscaled's answer cannot be read.", "Report this with the version of tailscaled.") from error
