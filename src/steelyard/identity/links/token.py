"""A token of ours in ``Authorization``."""

from steelyard.identity.asking import Asking
from steelyard.identity.holder import TOKEN_PREFIX, Credentials
from steelyard.identity.links.protocol import Known, of_holder


class TokenLink:
    """Believes tokens of this depot. A hub's own token (``hf_…``) says nothing here, and is looked at no further."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def identify(self, asking: Asking) -> Known | None:
        """Whoever holds the token. Raises NotSignedIn."""
        token = asking.bearer
        if token is None or not token.startswith(TOKEN_PREFIX):
            return None
        return of_holder(await self._credentials.of_token(token, asking.address))
