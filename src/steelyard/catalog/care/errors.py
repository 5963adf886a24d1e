"""The errors of looking after the store."""

from steelyard.core.errors import Conflict, SteelyardError, Unavailable


class StoreNotThere(SteelyardError):
    """The folder with the bytes is away, or is not the one it was: nothing in it can be judged."""

    status = 500
    slug = "store-not-there"
    title = "The store is not there"


class StoreAway(Unavailable):
    """The folder with the bytes is away for now: nothing is brought, moved or deleted there until it is back."""

    slug = "store-away"
    title = "The store is away"


class NothingToVerify(Conflict):
    """The model has no file that could be read."""

    slug = "nothing-to-verify"
    title = "There is nothing to verify"


class ScanUnderWay(Conflict):
    """A scan of another kind is alive."""

    slug = "scan-under-way"
    title = "A scan is under way"
