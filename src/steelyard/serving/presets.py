"""Presets kept with aliases: one lives and dies with its name. All SQL of them."""

from sqlalchemy import Connection, delete, select

from steelyard.catalog import aliases, rights
from steelyard.core.ref import Reference
from steelyard.db.database import Database
from steelyard.db.upsert import insert_or_update
from steelyard.identity.principal import Caller
from steelyard.serving.preset import NO_PRESET, Preset
from steelyard.serving.tables import presets


class Presets:
    """Reads them; they are kept in the transaction that gives their name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, reference: Reference, caller: Caller) -> Preset:
        """The preset of the name that was asked for; an empty one for what is no alias, or not shown to the caller."""
        viewer = rights.viewer(caller)
        return await self._database.read(lambda connection: find(connection, reference, viewer))


def find(connection: Connection, reference: Reference, viewer: str | None) -> Preset:
    """The preset of an alias that exists for the viewer."""
    if "/" in reference.name or reference.entry_key is not None:
        return NO_PRESET
    if aliases.find(connection, reference, viewer) is None:
        return NO_PRESET
    row = connection.execute(select(presets).where(presets.c.alias == reference.name.lower())).one_or_none()
    return NO_PRESET if row is None else Preset(row.system, row.parameters, row.messages)


def put(connection: Connection, alias: str, preset: Preset) -> None:
    """Keep what goes with an alias that there is, or forget it."""
    if preset.is_empty:
        connection.execute(delete(presets).where(presets.c.alias == alias))
        return
    values = {"system": preset.system, "parameters": dict(preset.parameters), "messages": list(preset.messages)}
    insert_or_update(connection, presets, {"alias": alias, **values}, ["alias"], values)
