"""The whole depot in a few numbers: ``GET /api/stats`` and the first screen."""

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


class Overview:
    """Reads from the depot's database and from the usage log."""

    def __init__(self, depot: Database, usage_log: Database, held: HeldBytes, statistics: Statistics) -> None:
        self.statistics = statistics
        self._depot = depot
        self._usage_log = usage_log
        self._held = held

    async def totals(self, viewer: str | None = None) -> Totals:
        """The numbers now. ``viewer`` is the only owner whose private models are named; None names all."""
        read_back = _RECENT if viewer is None else _RECENT_AMONG
        requests, activities = await self._usage_log.read(
            lambda connection: (usage.total_requests(connection), usage.recent(connection, read_back))
        )
        who = {activity.principal for activity in activities if activity.principal is not None}

        def read(connection: Connection) -> Totals:
            names, hidden = identity.names(connection, who), hidden_names(connection, viewer)
            shown = [activity for activity in activities if activity.model not in hidden][:_RECENT]
            return Totals(
                models=catalog.count(connection, viewer),
                stored_bytes=self._held.total(connection),
                requests=requests,
                people=identity.count(connection),
                downloads=catalog.total_downloads(connection),
                recent=[_action(activity, names) for activity in shown],
            )

        return await self._depot.read(read)


def _action(activity: usage.Activity, names: dict[int, str]) -> Action:
    name = names.get(activity.principal) if activity.principal is not None else None
    action = _ACTIONS.get(activity.type, activity.type)
    return Action(activity.at, action, activity.model, name, activity.address)


def totals_json(totals: Totals) -> dict[str, Any]:
    """The shape of ``GET /api/stats``; other programs rely on its names."""
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
