"""Who has to go so that another model fits. Pure."""

from collections.abc import Collection, Sequence

from steelyard.serving.slots import Slot


def victims(slots: Sequence[Slot], needed: int, free: int, over: int, pinned: Collection[str]) -> list[Slot] | None:
    """The idle models to unload, the one that was used longest ago first, until ``needed`` bytes fit into what is
    free and ``over`` models fewer are there; None when that is not enough.

    None of those that would have to go is taken when it does not help.
    """
    chosen: list[Slot] = []
    for slot in _idle(slots, pinned):
        if free >= needed and len(chosen) >= over:
            break
        chosen.append(slot)
        free += slot.bytes
    return chosen if free >= needed and len(chosen) >= over else None


def least_needed(slots: Sequence[Slot], free: int, pinned: Collection[str]) -> list[Slot]:
    """The idle models to unload until no byte is missing any more, as far as there are any; none while ``free`` is not
    below zero."""
    chosen: list[Slot] = []
    for slot in _idle(slots, pinned):
        if free >= 0:
            break
        chosen.append(slot)
        free += slot.bytes
    return chosen


def _idle(slots: Sequence[Slot], pinned: Collection[str]) -> list[Slot]:
    return sorted((one for one in slots if one.is_idle and one.key not in pinned), key=lambda one: one.last_used)


def oldest(slots: Sequence[Slot], missing: int, over: int) -> list[Slot]:
    """Those that came into memory first, as many as hold the ``missing`` bytes and are ``over`` models."""
    chosen: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: slot.ready_at):
        if missing <= 0 and len(chosen) >= over:
            break
        chosen.append(slot)
        missing -= slot.bytes
    return chosen
