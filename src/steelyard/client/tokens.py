# Written by `make sdk` from client/aio/tokens.py: edit that.
"""Tokens: what programs show instead of a password."""

from collections.abc import Iterator, Sequence

from steelyard.client.call import Call, given, nothing, page, shape
from steelyard.client.connection import Sender
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.shapes import NewToken, Token, TokenPage

_TOKENS = "/api/v1/tokens"


class Tokens:
    """``client.tokens``: one's own; administrators see and make everybody's."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def list(
        self,
        *,
        user: str | None = None,
        revoked: bool | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> TokenPage:
        """One page, newest first; ``revoked`` shows those that were revoked too."""
        params = {"user": user, "revoked": revoked, "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", _TOKENS, page(TokenPage, "tokens"), params))

    def iterate(
        self, *, user: str | None = None, revoked: bool | None = None, page_size: int = PAGE_SIZE
    ) -> Iterator[Token]:
        """All that match, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[Token]]:
            found = self.list(user=user, revoked=revoked, limit=limit, offset=offset)
            return found["count"], found["tokens"]

        return iterate(fetch, page_size)

    def add(
        self,
        label: str,
        *,
        user: str | None = None,
        scopes: Sequence[str] | None = None,
        days: int | None = None,
        never_expires: bool = False,
        cidrs: Sequence[str] | None = None,
    ) -> NewToken:
        """A new token; its text is in ``token`` and told this once.

        Unless told: for oneself, with every scope but ``admin``, for 90 days, from everywhere. ``never_expires`` is
        for service accounts only.
        """
        body = given(
            {
                "label": label,
                "user": user,
                "scopes": list(scopes) if scopes else None,
                "expires_in_days": days,
                "cidrs": list(cidrs) if cidrs else None,
            }
        )
        if never_expires:
            body["expires_in_days"] = None
        return self._wire.send(Call("POST", _TOKENS, shape(NewToken), json=body))

    def revoke(self, token_id: str) -> None:
        """From now on it is good for nothing. Raises NotFound."""
        self._wire.send(Call("DELETE", f"{_TOKENS}/{segment(token_id, 'id of the token')}", nothing))
