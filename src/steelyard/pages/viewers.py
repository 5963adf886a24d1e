"""Who looks at a page."""

from starlette.requests import Request

from steelyard.db.errors import DatabaseAway
from steelyard.identity.holder import NotSignedIn
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.identity.rules import ASK, CHANGE, PULL, RUN
from steelyard.web.viewer import EVERYBODY, NOBODY, Viewer

_SESSION = "session:"


class PageViewers:
    """Implements Viewers. Nobody is written down as a stranger for looking at the sign-in page."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def viewer(self, request: Request) -> Viewer:
        """Whoever sent this request. A page for everybody is shown while nobody can be known, too."""
        if self._people.is_open:
            return EVERYBODY
        try:
            access = await self._people.access(request.scope)
        except (NotSignedIn, DatabaseAway):
            return NOBODY
        return NOBODY if access.role is None else viewer_of(await self._people.caller(request.scope))


def viewer_of(caller: Caller) -> Viewer:
    """A caller as the pages know them; the table of routes says what they may do."""
    access = caller.access
    return Viewer(
        name=caller.name,
        role=None if access.role is None else access.role.value,
        account=access.account,
        known_by=caller.identified_by,
        has_session=(access.credential or "").startswith(_SESSION),
        asks=ASK.admits(access),
        pulls=PULL.admits(access),
        changes=CHANGE.admits(access),
        runs=RUN.admits(access),
    )
