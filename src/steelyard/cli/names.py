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


def loaded_names(context: typer.Context, incomplete: str) -> list[str]:
    """The models in memory that begin so."""
    try:
        with desk_of(context).client() as client:
            found = client.engines.loaded()["models"]
    except ClientError:
        return []
    return sorted(model["model"] for model in found if model["model"].startswith(incomplete))


def session_names(context: typer.Context, incomplete: str) -> list[str]:
    """Conversations that the depot keeps that begin so."""
    try:
        with desk_of(context).client() as client:
            found = client.sessions.list(limit=_ENOUGH)["sessions"]
    except ClientError:
        return []
    return sorted(one["session"] for one in found if one["session"].startswith(incomplete))


def _names(context: typer.Context, incomplete: str, status: str | None) -> list[str]:
    try:
        with desk_of(context).client() as client:
            found = client.models.list(q=incomplete or None, status=status, limit=_ENOUGH)["models"]
    except ClientError:
        return []
    names = [model["model"] for model in found] + [alias for model in found for alias in model["aliases"]]
    return sorted(name for name in names if name.startswith(incomplete))
