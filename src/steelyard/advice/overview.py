"""The whole depot in a few numbers: ``GET /api/stats`` and the first screen."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from steelyard.catalog import store as catalog
from steelyard.catalog.held import HeldBytes
from steelyard.catalog.hidden import hidden_names
from steelyard.core.clock import iso
from steelyard.db.database import Database
from steelyard.identity import store as identity
from steelyard.usage import store as usage
from steelyard.usage.events import EventType
from steelyard.usage.statistics.answers import Answers
from steelyard.usage.statistics.service import Statistics

_RECENT = 10
_RECENT_AMONG = 100  # for whom some are left out
_ACTIONS = {
    EventType.MODEL_DOWNLOAD: "download", EventType.MODEL_ACCESS: "get", EventType.MODEL_LIST: "list",
    EventType.MODEL_UPDATE: "update", EventType.MODEL_DELETE: "delete", "model_pull": "request",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One recent thing that somebody did."""

    at: datetime
    action: str
    model: str | None
    username: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Lifetime totals, sizes in bytes, and the last ten actions, newest first."""

    models: int
    stored_bytes: int
    requests: int
    people: int
    downloads: int
    recent: list[Action]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the depot's records say: numbers, and which models are not to be named."""

    models: int
    stored_bytes: int
    people: int
    downloads: int
    hidden: Collection[str]


class Overview:
    """Reads from the depot's database and from the usage log."""

    def __init__(
        self, depot: Database, usage_log: Database, held: HeldBytes, statistics: Statistics, answers: Answers
    ) -> None:
        """``answers`` remembers what the depot's records say."""
        self.statistics = statistics
        self._answers = answers
        self._depot = depot
        self._usage_log = usage_log
        self._held = held

    async def totals(self, viewer: str | None = None) -> Totals:
        """The numbers now. ``viewer`` is the only owner whose private models are named; None names all."""
        read_back = _RECENT if viewer is None else _RECENT_AMONG
        requests, activities = await self._usage_log.read(
            lambda connection: (usage.total_requests(connection), usage.recent(connection, read_back))
        )
        who = frozenset(activity.principal for activity in activities if activity.principal is not None)
        known = await self._answers.records(("totals", viewer), lambda: self._known(viewer))
        names = await self._answers.records(("names", who), lambda: self._names(who))
        shown = [activity for activity in activities if activity.model not in known.hidden][:_RECENT]
        return Totals(
            models=known.models,
            stored_bytes=known.stored_bytes,
            requests=requests,
            people=known.people,
            downloads=known.downloads,
            recent=[_action(activity, names) for activity in shown],
        )

    async def _names(self, who: frozenset[int]) -> dict[int, str]:
        return await self._depot.read(lambda connection: identity.names(connection, set(who))) if who else {}

    async def _known(self, viewer: str | None) -> _Known:
        def read(connection: Connection) -> _Known:
            return _Known(
                models=catalog.count(connection, viewer),
                stored_bytes=self._held.total(connection),
                people=identity.count(connection),
                downloads=catalog.total_downloads(connection),
                hidden=hidden_names(connection, viewer),
            )

        return await self._depot.read(read)


def _action(activity: usage.Activity, names: dict[int, str]) -> Action:
    name = names.get(activity.principal) if activity.principal is not None else None
    action = _ACTIONS.get(activity.type, activity.type)
    return Action(activity.at, action, activity.model, name, activity.address)


TOTALS = frozenset({
    "total_models", "total_size_bytes", "total_requests", "unique_users", "total_downloads", "recent_activity",
})  # fmt: skip


def totals_json(totals: Totals) -> dict[str, Any]:
    """The shape of ``GET /api/stats``, with ``TOTALS``; other programs rely on its names."""
    return {
        "total_models": totals.models,
        "total_size_bytes": totals.stored_bytes,
        "total_requests": totals.requests,
        "unique_users": totals.people,
        "total_downloads": totals.downloads,
        "recent_activity": [action_json(action) for action in totals.recent],
    }


def action_json(action: Action) -> dict[str, Any]:
    """One line of recent activity."""
    return {
        "timestamp": iso(action.at),
        "action": action.action,
        "model": action.model,
        "username": action.username,
        "ip_address": action.address,
    }
