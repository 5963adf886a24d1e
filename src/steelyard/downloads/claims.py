"""One fetch per blob, whatever asks for it: a job claims a blob before it fetches it.

A claim is good while its job is running under the attempt that made it, so the lease of the job fences its blobs too:
the claims of a dead worker are void the moment somebody else takes the job or the lease runs out.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, or_, select

from steelyard.core.digest import Digest
from steelyard.db.upsert import insert_new
from steelyard.downloads.tables import blob_claims
from steelyard.jobs.models import Claim, JobStatus
from steelyard.jobs.tables import jobs


def take(connection: Connection, digests: Iterable[Digest], mine: Claim, now: datetime) -> set[Digest]:
    """Claim what nobody validly holds; returns all of these digests that are ours now."""
    wanted = {str(digest): digest for digest in digests}
    _void(connection, mine, now)
    rows = [{"digest": text, "job_id": mine.job_id, "attempt": mine.attempt} for text in wanted]
    insert_new(connection, blob_claims, rows, ["digest"])
    held = select(blob_claims.c.digest).where(blob_claims.c.job_id == mine.job_id)
    return {wanted[text] for text in connection.execute(held).scalars() if text in wanted}


def release(connection: Connection, digests: Iterable[Digest], mine: Claim) -> None:
    """Give up some claims: the blobs are here, or somebody else shall fetch them."""
    texts = [str(digest) for digest in digests]
    matches = (blob_claims.c.job_id == mine.job_id, blob_claims.c.digest.in_(texts))
    connection.execute(delete(blob_claims).where(*matches))


def release_all(connection: Connection, job_id: str) -> None:
    """The job stopped running: let go of everything."""
    connection.execute(delete(blob_claims).where(blob_claims.c.job_id == job_id))


def _void(connection: Connection, mine: Claim, now: datetime) -> None:
    """Drop the claims of jobs that no longer run, and our own from an earlier attempt."""
    same = and_(jobs.c.id == blob_claims.c.job_id, jobs.c.attempt == blob_claims.c.attempt)
    runs = exists().where(same, jobs.c.status == JobStatus.RUNNING.value, jobs.c.lease_until >= now)
    earlier = and_(blob_claims.c.job_id == mine.job_id, blob_claims.c.attempt != mine.attempt)
    connection.execute(delete(blob_claims).where(or_(~runs, earlier)))
