"""Names that a shell completes."""

import typer

from steelyard.cli.desk import desk_of
from steelyard.client import ClientError

_ENOUGH = 50


def model_names(context: typer.Context, incomplete: str) -> list[str]:
    """The models on the shelf that begin so; none when there is no server: a shell has no place for an error."""
    return _names(context, incomplete, None)


def trashed_names(context: typer.Context, incomplete: str) -> list[str]:
    """The same of the models in the trash."""
    return _names(context, incomplete, "deleted")


def _names(context: typer.Context, incomplete: str, status: str | None) -> list[str]:
    try:
        with desk_of(context).client() as client:
            found = client.models.list(q=incomplete or None, status=status, limit=_ENOUGH)["models"]
    except ClientError:
        return []
    names = [model["model"] for model in found] + [alias for model in found for alias in model["aliases"]]
    return sorted(name for name in names if name.startswith(incomplete))
