# Written by `make sdk` from client/aio/quotas.py: edit that.
"""Quotas: how much somebody may hold and bring. Setting them is for administrators."""

from typing import Literal

from steelyard.client.call import Call, Json, nothing, page, shape
from steelyard.client.connection import Sender
from steelyard.client.paths import segment
from steelyard.client.shapes import Quota, QuotaPage, QuotaStanding

_QUOTAS = "/api/v1/quotas"
QuotaPeriod = Literal["day", "week", "month"]


class Quotas:
    """``client.quotas``. Without a user and a role a quota is everybody's; the most specific one counts."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def list(self, *, limit: int | None = None, offset: int | None = None) -> QuotaPage:
        """One page of what is set, by whom it is for."""
        params = {"limit": limit, "offset": offset}
        return self._wire.send(Call("GET", _QUOTAS, page(QuotaPage, "quotas"), params))

    def me(self) -> QuotaStanding:
        """Your own limits, and what you have used of them."""
        return self._wire.send(Call("GET", f"{_QUOTAS}/me", shape(QuotaStanding)))

    def of_user(self, name: str) -> QuotaStanding:
        """Somebody's limits and use. Raises NotFound."""
        return self._wire.send(Call("GET", f"{_QUOTAS}/users/{segment(name, 'user name')}", shape(QuotaStanding)))

    def set(
        self,
        *,
        user: str | None = None,
        role: str | None = None,
        held_bytes: int | str | None = None,
        period_bytes: int | str | None = None,
        period_requests: int | None = None,
        period: QuotaPeriod = "month",
    ) -> Quota:
        """Set all limits of one subject; None says nothing. Sizes may be texts such as ``100GB``."""
        body: Json = {
            "held_bytes": held_bytes, "period_bytes": period_bytes, "period_requests": period_requests,
            "period": period,
        }  # fmt: skip
        return self._wire.send(Call("PUT", _path(user, role), shape(Quota), json=body))

    def clear(self, *, user: str | None = None, role: str | None = None) -> None:
        """Let a subject have no quota of its own. Raises NotFound."""
        self._wire.send(Call("DELETE", _path(user, role), nothing))


def _path(user: str | None, role: str | None) -> str:
    """Raises TypeError when both are given."""
    if user is not None and role is not None:
        raise TypeError("give a user or a role, or neither for everybody")
    if user is not None:
        return f"{_QUOTAS}/user/{segment(user, 'user name')}"
    return f"{_QUOTAS}/everybody" if role is None else f"{_QUOTAS}/role/{segment(role, 'role')}"
