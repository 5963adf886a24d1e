"""Looks where somebody points, before anything is done: what is there, and how it stands against the catalog."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from steelyard.catalog import provenance
from steelyard.core.digest import Digest
from steelyard.downloads.imports.foretelling import foretell
from steelyard.downloads.imports.models import Asked, FoundModel, ImportKind
from steelyard.downloads.imports.permission import Grant, Permission
from steelyard.downloads.imports.reading import granted, read
from steelyard.downloads.imports.report import ModelReport
from steelyard.downloads.imports.standing import Standing, standing_of
from steelyard.downloads.tools import Tools


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, in order; ``foretold`` has a report for each."""

    kind: ImportKind
    found: list[FoundModel]
    foretold: list[ModelReport]


class Surveyor:
    """Reads folders and the catalog; changes nothing."""

    def __init__(self, tools: Tools, permission: Permission) -> None:
        self._tools = tools
        self._permission = permission

    async def grant(self, asked: Asked) -> Grant:
        """Whether this process's settings allow it. Raises what ``reading.granted`` raises."""
        return await self._tools.look(lambda: granted(asked, self._permission))

    async def survey(self, asked: Asked, grant: Grant) -> Survey:
        """Everything that an import would do. Raises what ``reading.read`` raises."""
        layout = self._tools.storage.layout
        known = await self._tools.database.read(provenance.repositories)
        device = (await self._tools.look(layout.hub.stat)).st_dev
        kind, found = await self._tools.run(lambda: read(asked, grant, self._permission.store, device, known))
        found = _told_apart(found)
        standings = await self._tools.database.read(lambda connection: _standings(connection, found))
        told = [foretell(model, standing, layout.hub, copy=asked.copy) for model, standing in standings]
        return Survey(kind, found, told)


def _standings(connection: Connection, found: list[FoundModel]) -> list[tuple[FoundModel, Standing]]:
    """Each against the catalog as it will be when those before it are in."""
    coming: frozenset[Digest] = frozenset()
    judged = []
    for model in found:
        standing = standing_of(connection, model)
        judged.append((model, replace(standing, elsewhere=standing.elsewhere | coming)))
        if standing.refused is None:
            coming |= {file.claimed for revision in model.revisions for file in revision.files if file.claimed}
    return judged


def _told_apart(found: list[FoundModel]) -> list[FoundModel]:
    """No two models of one import have the same name, or the same folder in its report."""
    names: set[object] = set()
    folders: set[str] = set()
    apart = []
    for model in found:
        twin = model.name is not None and model.refused is None and model.name in names
        names.add(model.name if model.refused is None else None)
        reason = "another folder of this import has that name" if twin else model.refused
        apart.append(replace(model, folder=_free(model.folder, folders), refused=reason))
    return apart


def _free(folder: str, taken: set[str]) -> str:
    number, name = 1, folder
    while name in taken:
        number += 1
        name = f"{folder} ({number})"
    taken.add(name)
    return name
