"""What reading files of the store has taught, written down: the wrong ones leave the shelf and their place."""

from sqlalchemy import Connection

from steelyard.catalog.blobs import seal
from steelyard.catalog.care.losses import take_down
from steelyard.catalog.care.wrong import put_all_aside
from steelyard.downloads.reuse import Learned
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext


async def write_down(learned: Learned, tools: Tools, context: JobContext) -> None:
    """What was found wrong leaves the shelf and its place, wherever it is; what was found right is sealed."""
    if not learned.right and not learned.wrong:
        return
    now, job = tools.clock.now(), context.job.id
    losses = [suspect.loss(seen) for suspect, seen in learned.wrong]

    def write(connection: Connection) -> None:
        for entry, digest, file in learned.right:
            seal(connection, entry, {digest: file}, now)
        take_down(connection, losses, job, now)

    await context.write(write)
    await tools.run(lambda: put_all_aside(tools.storage, learned.wrong))
