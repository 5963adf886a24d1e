"""The cookie of a browser that signed in."""

from steelyard.identity.asking import Asking
from steelyard.identity.holder import Credentials
from steelyard.identity.links.protocol import Known, of_holder


class SessionLink:
    """Believes sessions of this depot; one that ended is as good as none."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def identify(self, asking: Asking) -> Known | None:
        """Whoever is signed in."""
        cookie = asking.session
        holder = None if cookie is None else await self._credentials.of_session(cookie)
        return None if holder is None else of_holder(holder)
