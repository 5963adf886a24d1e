"""How the files of a download come in: all that a request chose, at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from steelyard.catalog.models import File
from steelyard.catalog.pickles.screening import Screening
from steelyard.downloads.delivery import Delivery, Target
from steelyard.downloads.errors import NothingSelected
from steelyard.downloads.listing import require_placeable
from steelyard.downloads.meter import Meter
from steelyard.downloads.models import Wanted
from steelyard.downloads.plan import total_size
from steelyard.downloads.selection import canonical, chosen
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.sources.protocol import Source


@dataclass(frozen=True, slots=True)
class Trip:
    """One attempt that has planned: what is wanted now, of all the files ``listed`` at its revision."""

    source: Source
    context: JobContext
    target: Target
    listed: Sequence[File]
    screening: Screening


class Haul(Protocol):
    """Chooses and brings the files of one attempt."""

    async def select(self, listed: Sequence[File], wanted: Wanted) -> list[File]:
        """What is wanted now. Raises NothingSelected, VariantMissing, UnsafeName, UpstreamNonsense."""

    async def bring(self, trip: Trip) -> Target:
        """Bring it, and tell what was brought. Raises what Delivery raises."""


class WholeHaul:
    """Brings what a request chose when it was made."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def select(self, listed: Sequence[File], wanted: Wanted) -> list[File]:
        """The files that the patterns and the variant mean."""
        if not listed:
            raise NothingSelected("The repository has no files.", hint="Ask its owner, or pull another revision.")
        found = chosen(listed, replace(wanted, variant=canonical(listed, wanted)))
        if not found:
            some = ", ".join(file.path for file in listed[:5])
            raise NothingSelected(
                "No file matches what was asked for.", hint=f"The repository has for example: {some}."
            )
        require_placeable(found)
        return found

    async def bring(self, trip: Trip) -> Target:
        """All of it in one delivery."""
        meter = Meter(self._tools.clock, total_size(trip.target.files))
        trip.context.follow(meter.read)
        await Delivery(self._tools, trip.source, trip.target, trip.context, meter).run()
        return trip.target
