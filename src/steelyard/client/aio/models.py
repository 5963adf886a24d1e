"""The shelf: list, look at, change, delete and restore, and ask whether a model is there."""

from collections.abc import AsyncIterator, Sequence

from steelyard.client.aio.connection import Sender
from steelyard.client.aio.pages import PAGE_SIZE, iterate
from steelyard.client.call import Call, Value, given, page, shape
from steelyard.client.paths import model_path
from steelyard.client.shapes import Check, Deletion, Existence, FilePage, Model, ModelPage, ModelStats


class Models:
    """``client.models``."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    async def list(
        self,
        *,
        q: str | None = None,
        status: str | None = None,
        owner: str | None = None,
        source: str | None = None,
        format: str | None = None,  # noqa: A002 - the depot's own word for it
        sort: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> ModelPage:
        """One page of the catalog; ``count`` is the number of all that match. ``limit`` is 1 to 1000."""
        params = {"q": q, "status": status, "owner": owner, "source": source, "format": format, "sort": sort}
        return await self._wire.send(
            Call("GET", "/api/models", page(ModelPage, "models"), {**params, "limit": limit, "offset": offset})
        )

    def iterate(
        self,
        *,
        q: str | None = None,
        status: str | None = None,
        owner: str | None = None,
        source: str | None = None,
        format: str | None = None,  # noqa: A002 - the depot's own word for it
        sort: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> AsyncIterator[Model]:
        """All that match, fetched page by page."""

        async def fetch(limit: int, offset: int) -> tuple[int, Sequence[Model]]:
            filters = {"q": q, "status": status, "owner": owner, "source": source, "format": format, "sort": sort}
            found = await self.list(**filters, limit=limit, offset=offset)
            return found["count"], found["models"]

        return iterate(fetch, page_size)

    async def get(self, model: str) -> Model:
        """One model by any reference: name, alias or catalog id. Raises NotFound, InvalidArgument."""
        return await self._wire.send(Call("GET", f"/api/models/{model_path(model)}", shape(Model)))

    async def exists(self, model: str, *, revision: str | None = None, file: str | None = None) -> Existence:
        """Whether it is here, verified and complete; narrowed to a revision or a file. Raises InvalidArgument."""
        model_path(model)
        params = {"model": model, "revision": revision, "file": file}
        return await self._wire.send(Call("GET", "/api/models/exists", shape(Existence), params))

    async def files(self, model: str, *, limit: int | None = None, offset: int | None = None) -> FilePage:
        """One page of its files. Raises NotFound."""
        path = f"/api/models/{model_path(model)}/files"
        return await self._wire.send(Call("GET", path, page(FilePage, "files"), {"limit": limit, "offset": offset}))

    async def stats(self, model: str) -> ModelStats:
        """Its counts. Raises NotFound."""
        return await self._wire.send(Call("GET", f"/api/models/{model_path(model)}/stats", shape(ModelStats)))

    async def update(
        self,
        model: str,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Sequence[str] | None = None,
        aliases: Sequence[str] | None = None,
        active: bool | None = None,
        pinned: bool | None = None,
        private: bool | None = None,
    ) -> Model:
        """Change what is given; ``tags`` and ``aliases`` replace those there are, "" takes the description away.

        Raises NotFound, Conflict when an alias is taken.
        """
        status = None if active is None else "active" if active else "inactive"
        body: dict[str, Value | Sequence[str]] = {
            "name": name, "tags": _listed(tags), "aliases": _listed(aliases), "status": status, "pinned": pinned,
            "private": private,
        }  # fmt: skip
        said = given(body) | ({} if description is None else {"description": description or None})
        return await self._wire.send(Call("PATCH", f"/api/models/{model_path(model)}", shape(Model), json=said))

    async def delete(self, model: str, *, dry_run: bool = False, purge: bool = False) -> Deletion:
        """Put it into the trash; ``purge`` frees its bytes for good, ``dry_run`` only tells how many that would be.

        Raises NotFound, Conflict when it is pinned.
        """
        params = {"dry_run": dry_run or None, "purge": purge or None}
        return await self._wire.send(Call("DELETE", f"/api/models/{model_path(model)}", shape(Deletion), params))

    async def restore(self, model: str) -> Model:
        """Have it back from the trash. Raises NotFound, Conflict when it was purged."""
        return await self._wire.send(Call("POST", f"/api/models/{model_path(model)}/restore", shape(Model)))

    async def allow(self, model: str, reason: str) -> Model:
        """Let its quarantined files be used: the same bytes are allowed in every model. For administrators.

        Raises NotFound, Forbidden, Conflict when nothing waits.
        """
        return await self._wire.send(
            Call("POST", f"/api/models/{model_path(model)}/allow", shape(Model), json={"reason": reason})
        )

    async def disallow(self, model: str) -> Model:
        """Put back into quarantine what was allowed. Raises NotFound, Forbidden, Conflict when nothing was."""
        return await self._wire.send(Call("DELETE", f"/api/models/{model_path(model)}/allow", shape(Model)))

    async def verify(self, model: str) -> Check:
        """Read and hash every file again; ``client.jobs.watch`` follows, ``client.store`` tells what it found."""
        return await self._wire.send(Call("POST", f"/api/models/{model_path(model)}/verify", shape(Check)))


def _listed(texts: Sequence[str] | None) -> list[str] | None:
    return None if texts is None else list(texts)
