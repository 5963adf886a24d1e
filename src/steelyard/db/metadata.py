"""Where the rooms declare their tables: the depot's own file, and the usage log beside it.

On PostgreSQL both live in one database; on SQLite they are two files, so that the busy log never holds up the records
that must be on disk before anybody is told.
"""

from sqlalchemy import MetaData

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

depot_metadata = MetaData(naming_convention=_NAMES)
usage_metadata = MetaData(naming_convention=_NAMES)
