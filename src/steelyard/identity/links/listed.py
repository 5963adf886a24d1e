"""A link that counts only from the addresses of the settings."""

from steelyard.identity.asking import Asking
from steelyard.identity.links.openwebui_plain import comes_from
from steelyard.identity.links.protocol import Known, Link
from steelyard.identity.networks import Networks


class ListedLink:
    """Another link, asked for requests from these networks only."""

    def __init__(self, link: Link, networks: Networks) -> None:
        self._link = link
        self._networks = networks

    async def identify(self, asking: Asking) -> Known | None:
        """What the other says; None for a request from elsewhere."""
        return await self._link.identify(asking) if comes_from(asking, self._networks) else None
