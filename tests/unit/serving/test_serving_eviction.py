"""Who has to go."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.serving.eviction import oldest, victims
from steelyard.serving.slots import Phase, Slot


def slot(load: int, size: int = 100, used: float = 0.0, *, busy: bool = False, phase: Phase = Phase.READY) -> Slot:
    return Slot(load, f"m{load}", size, phase, {1} if busy else set(), ready_at=float(load), last_used=used)


def loads(slots: list[Slot] | None) -> list[int] | None:
    return None if slots is None else [one.load for one in slots]


def test_the_one_unused_for_longest_goes_first() -> None:
    slots = [slot(1, used=3.0), slot(2, used=1.0), slot(3, used=2.0)]
    assert loads(victims(slots, 150, 50, 0, ())) == [2]
    assert loads(victims(slots, 250, 50, 0, ())) == [2, 3]


def test_nobody_goes_where_there_is_room_or_where_it_does_not_help() -> None:
    assert victims([slot(1)], 50, 50, 0, ()) == []
    assert victims([slot(1)], 200, 50, 0, ()) is None


def test_neither_busy_nor_pinned_nor_loading_ones_go() -> None:
    slots = [slot(1, busy=True), slot(2), slot(3, phase=Phase.LOADING), slot(4, phase=Phase.LEAVING)]
    assert victims(slots, 100, 0, 0, {"m2"}) is None
    assert loads(victims(slots, 100, 0, 0, ())) == [2]


def test_one_too_many_goes_though_there_is_memory() -> None:
    assert loads(victims([slot(1, used=2.0), slot(2, used=1.0)], 10, 1000, 1, ())) == [2]


def test_the_oldest_are_as_many_as_are_needed() -> None:
    slots = [slot(3), slot(1), slot(2)]
    assert loads(oldest(slots, 150, 0)) == [1, 2]
    assert loads(oldest(slots, 0, 1)) == [1]
    assert oldest(slots, 0, 0) == []


SLOTS = st.builds(
    lambda load, size, used, busy, phase: slot(load, size, used, busy=busy, phase=phase),
    st.integers(1, 9), st.integers(1, 50), st.floats(0, 100), st.booleans(), st.sampled_from(Phase),
)  # fmt: skip


@given(
    st.lists(SLOTS, max_size=8, unique_by=lambda one: one.load), st.integers(0, 200), st.integers(0, 100),
    st.integers(0, 3), st.sets(st.sampled_from([f"m{number}" for number in range(1, 10)])),
)  # fmt: skip
def test_the_answer_is_enough_and_harms_nobody(
    slots: list[Slot], needed: int, free: int, over: int, pinned: set[str]
) -> None:
    idle = [one for one in slots if one.is_idle and one.key not in pinned]
    going = victims(slots, needed, free, over, pinned)
    if going is None:
        assert free + sum(one.bytes for one in idle) < needed or len(idle) < over
        return
    assert all(one in idle for one in going)
    assert free + sum(one.bytes for one in going) >= needed
    assert len(going) >= over
    if going:  # without the last of them it would not be enough
        assert free + sum(one.bytes for one in going[:-1]) < needed or len(going) - 1 < over
    staying = [one for one in idle if one not in going]
    assert all(gone.last_used <= one.last_used for gone in going for one in staying)
