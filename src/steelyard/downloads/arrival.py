"""Before anything counts as complete: what was brought may have been taken down again meanwhile."""

from collections.abc import Collection

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog.models import FileState
from steelyard.downloads.errors import TakenDown


def require_here(connection: Connection, revision: int, paths: Collection[str]) -> None:
    """Raise TakenDown unless each of these files of a revision is here, in the transaction that says so."""
    found = revisions.list_files(connection, revision)
    here = {file.path for file in found if file.state is not FileState.LISTED}
    lost = sorted(set(paths) - here)
    if lost:
        raise TakenDown(
            f"{len(lost)} of {len(paths)} files were found gone or wrong while the others came in, {lost[0]!r} first.",
            hint="The next try brings them by itself. GET /api/v1/findings says what was wrong.",
        )
