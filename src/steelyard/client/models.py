"""The shelf: list, look at, and ask whether a model is there."""

from collections.abc import Iterator, Sequence

from steelyard.client.call import Call, Sender, page, shape
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import model_path
from steelyard.client.shapes import Existence, Model, ModelPage


class Models:
    """``client.models``."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def list(
        self,
        *,
        q: str | None = None,
        status: str | None = None,
        source: str | None = None,
        format: str | None = None,  # noqa: A002 - the depot's own word for it
        sort: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> ModelPage:
        """One page of the catalog; ``count`` is the number of all that match. ``limit`` is 1 to 1000."""
        params = {"q": q, "status": status, "source": source, "format": format, "sort": sort}
        return self._wire.send(
            Call("GET", "/api/models", page(ModelPage, "models"), {**params, "limit": limit, "offset": offset})
        )

    def iterate(
        self,
        *,
        q: str | None = None,
        status: str | None = None,
        source: str | None = None,
        format: str | None = None,  # noqa: A002 - the depot's own word for it
        sort: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Model]:
        """All that match, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[Model]]:
            found = self.list(q=q, status=status, source=source, format=format, sort=sort, limit=limit, offset=offset)
            return found["count"], found["models"]

        return iterate(fetch, page_size)

    def get(self, model: str) -> Model:
        """One model by any reference: name, alias or catalog id. Raises NotFound, InvalidArgument."""
        return self._wire.send(Call("GET", f"/api/models/{model_path(model)}", shape(Model)))

    def exists(self, model: str, *, revision: str | None = None, file: str | None = None) -> Existence:
        """Whether it is here, verified and complete; narrowed to a revision or a file. Raises InvalidArgument."""
        model_path(model)
        params = {"model": model, "revision": revision, "file": file}
        return self._wire.send(Call("GET", "/api/models/exists", shape(Existence), params))
