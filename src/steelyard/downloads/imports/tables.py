"""The tables of imports: what became of each model, and which files have been read so far."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from steelyard.db.metadata import depot_metadata

_KEY = BigInteger().with_variant(Integer(), "sqlite")

imports = Table(
    "download_imports",
    depot_metadata,
    Column("job_id", String(36), primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("entry", _KEY),
    Column("report", JSON, nullable=False),
)

# So that a job that was killed reads no file twice. A row counts while the file is as it was: size, inode, time.
files = Table(
    "download_import_files",
    depot_metadata,
    Column("job_id", String(36), primary_key=True),
    Column("place", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("inode", String(24), nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("digest", String(80), nullable=False),
    Column("way", String(8)),
)
