"""Who may see a model, change it, and delete it for good. Pure; every route of the shelf asks here.

A model belongs to an account, by its name: what somebody calls themselves, or what a tailnet calls them, owns nothing.
In open mode everybody is an administrator, so everybody sees private models too.
"""

from steelyard.catalog.models import Entry
from steelyard.identity.principal import Caller


def is_admin(caller: Caller) -> bool:
    """Whether somebody runs the depot: in open mode, whoever reaches it."""
    return caller.is_admin


def owns(owner: str | None, caller: Caller) -> bool:
    """Whether something that belongs to ``owner`` is the caller's."""
    return owner is not None and owner == caller.access.account


def may_see(entry: Entry, caller: Caller) -> bool:
    """Whether a model exists for somebody: a private one is its owner's."""
    return is_admin(caller) or not entry.private or owns(entry.owner, caller)


def may_change(entry: Entry, caller: Caller) -> bool:
    """Whether somebody may change, delete and restore a model."""
    return is_admin(caller) or owns(entry.owner, caller)


def may_purge(_entry: Entry, caller: Caller) -> bool:
    """Whether somebody may delete a model for good before its time."""
    return is_admin(caller)


def viewer(caller: Caller) -> str | None:
    """For lists: the only owner whose private models are shown; None shows all."""
    return None if is_admin(caller) else caller.access.account or ""
