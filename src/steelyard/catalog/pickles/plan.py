"""What has to happen to an entry's files so that they lie where their standings say. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from steelyard.catalog.models import FileState
from steelyard.catalog.pickles.store import Shown
from steelyard.catalog.pickles.verdict import Standing
from steelyard.core.digest import Digest


@dataclass(frozen=True, slots=True)
class Plan:
    """``release`` are names to be shown, ``withdraw`` names that are shown and must not be, ``held`` those that wait
    and go on waiting."""

    release: tuple[Shown, ...] = ()
    withdraw: tuple[Shown, ...] = ()
    held: tuple[Shown, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether anything has to be moved."""
        return bool(self.release or self.withdraw)


def plan_of(names: Iterable[Shown], known: Mapping[Digest, Standing]) -> Plan:
    """What to do about these names. What is shown and was never judged stays: it is nobody's pickle."""
    release: list[Shown] = []
    withdraw: list[Shown] = []
    held: list[Shown] = []
    for one in names:
        standing = known.get(one.file.digest)
        passes = standing is not None and standing.passes
        if one.file.state is FileState.QUARANTINED:
            (release if passes else held).append(one)
        elif standing is not None and not passes:
            withdraw.append(one)
    return Plan(tuple(release), tuple(withdraw), tuple(held))


def blobs_of(names: Iterable[Shown]) -> dict[Digest, int]:
    """The blobs behind these names, with their sizes."""
    return {one.file.digest: one.file.size for one in names}
