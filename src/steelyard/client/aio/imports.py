"""Models that are on a disk of the depot's machine already."""

from steelyard.client.aio.connection import Sender
from steelyard.client.call import Call, Json, given, page, shape
from steelyard.client.paths import segment
from steelyard.client.shapes import Import, ImportPage, ImportPlan, ImportStarted

_IMPORTS = "/api/v1/imports"


class Imports:
    """``client.imports``. Paths are of the depot's machine, from the root on."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    async def plan(
        self, path: str, *, kind: str | None = None, name: str | None = None, copy: bool = False
    ) -> ImportPlan:
        """What an import would do; nothing is written. Raises ApiError for a folder that may not be imported."""
        body = _body(path, kind, name, copy=copy, dry_run=True)
        return await self._wire.send(Call("POST", _IMPORTS, shape(ImportPlan), json=body))

    async def start(
        self, path: str, *, kind: str | None = None, name: str | None = None, copy: bool = False
    ) -> ImportStarted:
        """Import a Hugging Face cache, a plain folder (``name`` is what to call it) or an older tool's mount point.

        ``kind`` is ``huggingface``, ``folder`` or ``mount``; by default the depot looks. Files are linked where that
        is possible, unless ``copy``.
        """
        body = _body(path, kind, name, copy=copy, dry_run=False)
        return await self._wire.send(Call("POST", _IMPORTS, shape(ImportStarted), json=body))

    async def list(self, *, limit: int | None = None, offset: int | None = None) -> ImportPage:
        """One page of imports, newest first."""
        params = {"limit": limit, "offset": offset}
        return await self._wire.send(Call("GET", _IMPORTS, page(ImportPage, "imports"), params))

    async def get(self, job_id: str) -> Import:
        """One import with what became of each model. Raises NotFound."""
        return await self._wire.send(Call("GET", f"{_IMPORTS}/{segment(job_id, 'id of the job')}", shape(Import)))


def _body(path: str, kind: str | None, name: str | None, *, copy: bool, dry_run: bool) -> Json:
    return given({"path": path, "kind": kind, "name": name, "copy": copy or None, "dry_run": dry_run or None})
