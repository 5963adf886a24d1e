"""The table of the audit log. Its migration adds triggers: rows are added, and nothing else until they are old.

They refuse every UPDATE but one that empties ``address`` (for people who ask to be forgotten; their names are those of
their principals), every TRUNCATE, and every DELETE of a row younger than 29 days by the database's clock: a day less
than the shortest retention, since clocks differ.
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table

from steelyard.db.metadata import depot_metadata
from steelyard.db.types import AutoKey, UtcDateTime

SUBJECT_LENGTH = 500

audit_log = Table(
    "audit_log",
    depot_metadata,
    Column("id", AutoKey, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("principal", AutoKey, ForeignKey("principals.id")),
    Column("known_by", String(12), nullable=False),
    Column("address", String(200)),
    Column("credential", String(80)),
    Column("action", String(80), nullable=False),
    Column("subject", String(SUBJECT_LENGTH), nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Index("ix_audit_log_at", "at", "id"),
    Index("ix_audit_log_principal", "principal", "at", "id"),
    Index("ix_audit_log_action", "action", "at", "id"),
    Index("ix_audit_log_subject", "subject", "at", "id"),
)
