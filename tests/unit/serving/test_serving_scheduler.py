"""Each rule of the scheduler, one by one. Three models of 100 fit unless a test says otherwise."""

import math
from typing import Any

from steelyard.serving.limits import Limits
from steelyard.serving.moves import (
    CameUp,
    Demand,
    Dismissed,
    Effect,
    Event,
    FailedToLoad,
    GaveUp,
    Grant,
    Load,
    Measured,
    Pinned,
    Refusal,
    Refuse,
    Served,
    TimePassed,
    Unload,
    Wanted,
    WentDown,
)
from steelyard.serving.scheduler import Scheduler
from steelyard.serving.slots import Phase


class Table:
    """A scheduler and the time; ``ups`` loads end well at once unless a test plays them itself."""

    def __init__(self, **limits: Any) -> None:
        self.scheduler = Scheduler(Limits(**{"budget": 300, "parallel": 2, "queue": 3, "queue_all": 5, **limits}))
        self.now = 0.0
        self.numbers = 0

    def feed(self, event: Event, after: float = 0.0) -> list[Effect]:
        self.now += after
        return self.scheduler.handle(event, self.now)

    def want(
        self, key: str, *, size: int = 100, wait: float = 60.0, keep: float | None = None, context: int = 0,
        elsewhere: bool = False,
    ) -> list[Effect]:  # fmt: skip
        self.numbers += 1
        return self.feed(Wanted(Demand(self.numbers, key, size, self.now + wait, keep, context, elsewhere)))

    def have(self, *keys: str, busy: bool = False) -> None:
        """Have models in memory, each used a second after the one before."""
        for key in keys:
            (load,) = self.want(key)
            assert isinstance(load, Load)
            self.feed(CameUp(load.load))
            if not busy:
                self.feed(Served(self.numbers), after=1.0)

    def load_of(self, key: str) -> int:
        return next(slot.load for slot in self.scheduler.slots if slot.key == key)


def test_the_first_request_loads_and_is_granted_when_it_is_up() -> None:
    table = Table()
    assert table.want("a") == [Load(1, "a", 1)]
    assert table.feed(CameUp(1)) == [Grant(1, 1)]


def test_a_loaded_model_is_granted_at_once() -> None:
    table = Table()
    table.have("a")
    assert table.want("a") == [Grant(2, 1)]


def test_requests_for_a_model_that_comes_join_its_load() -> None:
    table = Table()
    table.want("a")
    assert table.want("a") == []
    assert table.feed(CameUp(1)) == [Grant(1, 1), Grant(2, 1)]


def test_only_so_many_at_once_and_the_next_in_order() -> None:
    table = Table()
    table.have("a", busy=True)
    assert table.want("a") == [Grant(2, 1)]
    assert table.want("a") == []
    assert table.want("a") == []
    assert table.feed(Served(1)) == [Grant(3, 1)]


def test_one_load_at_a_time() -> None:
    table = Table()
    table.want("a")
    assert table.want("b") == []
    assert table.feed(CameUp(1)) == [Grant(1, 1), Load(2, "b", 2)]


def test_requests_for_loaded_models_pass_by_a_waiting_load() -> None:
    table = Table()
    table.have("a")
    table.want("b")
    table.want("c")
    assert table.want("a") == [Grant(4, 1)]


def test_room_is_made_by_the_idle_one_unused_for_longest() -> None:
    table = Table()
    table.have("a", "b", "c")
    table.want("a")
    table.feed(Served(table.numbers), after=1.0)
    assert table.want("d") == [Unload(2, "b", "evicted")]
    assert table.feed(WentDown(2)) == [Load(4, "d", 5)]


def test_a_model_that_leaves_is_not_granted_and_is_loaded_anew() -> None:
    table = Table()
    table.have("a", "b", "c")
    assert table.want("d") == [Unload(1, "a", "evicted")]
    assert table.want("a") == []
    assert table.feed(WentDown(1)) == [Load(4, "d", 4)]


def test_none_in_use_goes_and_the_request_waits_for_one_to_be_idle() -> None:
    table = Table()
    table.have("a", "b", "c", busy=True)
    assert table.want("d") == []
    assert table.feed(Served(2)) == [Unload(2, "b", "evicted")]


def test_after_a_while_the_oldest_takes_nobody_new_so_that_nobody_is_starved() -> None:
    table = Table()
    table.have("a", "b", "c", busy=True)
    table.want("d", wait=1000)
    assert table.want("a") == [Grant(5, 1)]
    assert table.feed(Served(5), after=5.0) == []
    assert table.scheduler.next_moment(table.now) == 10.0
    assert table.feed(TimePassed(), after=5.0) == []
    assert table.want("a") == [], "it is closed now"
    assert table.want("b") == [Grant(7, 2)], "one is enough"
    assert table.feed(Served(1)) == [Unload(1, "a", "evicted")]


def test_a_model_that_has_just_come_has_its_while_first() -> None:
    table = Table()
    table.have("a", "b", "c", busy=True)
    table.want("d", wait=1000)
    table.feed(TimePassed(), after=11.0)
    table.feed(Served(1))
    table.feed(WentDown(1))
    table.feed(CameUp(4))
    table.want("e", wait=1000)
    table.feed(TimePassed(), after=10.5)
    assert table.want("d") == [Grant(6, 4)], "b is older and closed instead"
    assert table.want("b") == []


def test_pinned_models_stay() -> None:
    table = Table()
    table.have("a", "b", "c")
    table.feed(Pinned("a", True))
    assert table.want("d") == [Unload(2, "b", "evicted")]
    assert table.feed(TimePassed(), after=10_000.0) != []
    assert table.scheduler.slots[0].key == "a"


def test_what_can_never_fit_beside_the_pinned_ones_is_refused_at_once() -> None:
    table = Table()
    table.have("a")
    table.feed(Pinned("a", True))
    assert table.want("b", size=201) == [Refuse(2, Refusal.TOO_LARGE)]
    assert table.want("b", size=200) == [Load(2, "b", 3)]
    assert table.want("c", size=301) == [Refuse(4, Refusal.TOO_LARGE)]


def test_a_bound_by_number() -> None:
    table = Table(most=1)
    table.have("a")
    assert table.want("b") == [Unload(1, "a", "evicted")]


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    table = Table()
    for _ in range(3):
        table.want("a")
    assert table.want("a") == [Refuse(4, Refusal.QUEUE_FULL, retry_after=1.0)]
    table.want("b")
    table.want("b")
    assert table.want("b") == [Refuse(7, Refusal.QUEUE_FULL, retry_after=1.0)], "five in all"


def test_whoever_can_be_served_at_once_needs_no_place_in_line() -> None:
    table = Table(queue_all=1, queue=1)
    table.have("a")
    table.want("b")
    assert table.want("a") == [Grant(3, 1)]


def test_the_deadline_of_those_who_wait() -> None:
    table = Table()
    table.want("a", wait=5.0)
    assert table.scheduler.next_moment(0.0) == 5.0
    assert table.feed(TimePassed(), after=5.0) == [Refuse(1, Refusal.DEADLINE)]
    assert table.feed(CameUp(1)) == []
    assert table.want("a") == [Grant(2, 1)]


def test_whoever_gives_up_holds_nothing_in_any_state() -> None:
    table = Table()
    table.want("a")
    table.want("b")
    table.feed(GaveUp(2))
    assert table.feed(CameUp(1)) == [Grant(1, 1)], "nothing is loaded for somebody who left"
    table.feed(GaveUp(1))
    assert table.scheduler.slots[0].is_idle


def test_keep_alive_counts_from_the_last_use() -> None:
    table = Table(keep_alive=10.0)
    table.have("a")
    assert table.scheduler.next_moment(table.now) == table.now + 10.0
    table.feed(TimePassed(), after=5.0)
    table.want("a", keep=20.0)
    table.feed(Served(2), after=100.0)
    assert table.feed(TimePassed(), after=19.0) == []
    assert table.feed(TimePassed(), after=1.0) == [Unload(1, "a", "idle")]


def test_keep_alive_of_zero_unloads_after_the_answer_and_infinite_never() -> None:
    table = Table()
    table.have("a")
    table.want("a", keep=0.0)
    assert table.feed(Served(2)) == [Unload(1, "a", "idle")]
    table.feed(WentDown(1))
    table.want("b", keep=math.inf)
    table.feed(CameUp(2))
    table.feed(Served(3))
    assert table.feed(TimePassed(), after=1e9) == []
    assert table.scheduler.next_moment(table.now) is None


def test_where_models_are_not_kept_at_all_each_request_is_served_before_its_model_goes() -> None:
    table = Table(keep_alive=0.0)
    assert table.want("a") == [Load(1, "a", 1)]
    assert table.feed(CameUp(1)) == [Grant(1, 1)]
    assert table.feed(Served(1), after=1.0) == [Unload(1, "a", "idle")]


def test_a_dismissed_model_goes_when_its_last_user_is_done() -> None:
    table = Table()
    table.have("a", busy=True)
    assert table.feed(Dismissed("a")) == []
    assert table.want("a") == [Grant(2, 1)], "nobody is made to wait for the longest answer of others"
    assert table.feed(Served(1)) == []
    assert table.feed(Served(2)) == [Unload(1, "a", "dismissed")]
    assert table.want("a") == []
    assert table.feed(WentDown(1)) == [Load(2, "a", 3)]


def test_a_failed_load_refuses_all_who_wait_for_it_and_cools_down() -> None:
    table = Table(cooldown=15.0)
    table.want("a")
    table.want("a")
    table.want("b")
    assert table.feed(FailedToLoad(1, "bad")) == [
        Refuse(1, Refusal.LOAD_FAILED, "bad", 15.0), Refuse(2, Refusal.LOAD_FAILED, "bad", 15.0), Load(2, "b", 3),
    ]  # fmt: skip
    table.now += 5.0
    assert table.want("a") == [Refuse(4, Refusal.COOLING_DOWN, "bad", 10.0)]
    table.now += 10.0
    table.feed(CameUp(2))
    assert table.want("a") == [Load(3, "a", 5)]


def test_a_crash_refuses_its_users_alone_and_the_next_request_loads_anew() -> None:
    table = Table()
    table.have("a", busy=True)
    table.have("b", busy=True)
    assert table.feed(WentDown(1)) == [Refuse(1, Refusal.CRASHED, retry_after=1.0)]
    assert table.want("a") == [Load(3, "a", 3)]


def test_news_of_an_old_load_is_not_taken_for_news_of_a_new_one() -> None:
    table = Table()
    table.have("a")
    table.feed(WentDown(1))
    table.want("a")
    assert table.feed(CameUp(1)) == []
    assert table.feed(WentDown(1)) == []
    assert table.feed(FailedToLoad(1, "late")) == []
    assert [slot.phase for slot in table.scheduler.slots] == [Phase.LOADING]


def test_real_sizes_count_once_they_are_known() -> None:
    table = Table()
    table.have("a")
    table.feed(Measured(1, 250))
    assert table.want("b") == [Unload(1, "a", "evicted")]


def test_what_turns_out_too_large_sends_idle_models_away_and_none_that_is_used_or_pinned() -> None:
    table = Table()
    table.have("pinned", "idle")
    table.feed(Pinned("pinned", True))
    table.have("busy", busy=True)
    assert table.feed(Measured(3, 101)) == [Unload(2, "idle", "evicted")]
    assert table.feed(Measured(3, 150)) == [], "what leaves is as good as gone"
    table.feed(WentDown(2))
    assert table.feed(Measured(3, 250)) == []


def test_sizes_larger_than_foreseen_come_with_the_load_too() -> None:
    table = Table()
    table.want("a")
    table.feed(CameUp(1, 140))
    assert table.scheduler.free == 160


def test_memory_that_is_not_touched_yet_is_not_given_to_others() -> None:
    table = Table()
    table.want("a")
    table.feed(CameUp(1, 40))
    table.feed(Measured(1, 30))
    assert table.scheduler.free == 200


def test_a_smaller_context_is_served_by_a_larger_load() -> None:
    table = Table()
    table.want("a", context=512)
    table.feed(CameUp(1))
    assert table.want("a", context=256) == [Grant(2, 1)]


def test_a_larger_context_takes_the_place_of_a_smaller_load_once_that_is_idle() -> None:
    table = Table()
    table.have("a", busy=True)
    table.feed(Pinned("a", True))
    assert table.want("a", context=512, size=250) == []
    assert table.want("a") == [Grant(3, 1)], "others go on meanwhile"
    table.feed(Served(1))
    assert table.feed(Served(3)) == [Unload(1, "a", "evicted")], "a pin is no reason to have it twice"
    assert table.want("a") == []
    assert table.feed(WentDown(1)) == [Load(2, "a", 2)]
    assert table.feed(CameUp(2)) == [Grant(2, 2), Grant(4, 2)]


def test_whoever_wants_a_larger_context_is_not_starved() -> None:
    table = Table()
    table.have("a", busy=True)
    table.want("a", context=512, wait=1000)
    table.feed(TimePassed(), after=10.0)
    assert table.want("a") == []
    assert table.feed(Served(1)) == [Unload(1, "a", "evicted")]
    assert table.feed(WentDown(1)) == [Load(2, "a", 2)]


def test_one_load_serves_all_who_wait_for_the_same_model() -> None:
    table = Table(parallel=9)
    table.have("b", busy=True)
    table.want("c")
    table.want("a", context=256)
    table.want("a", context=512)
    assert table.feed(CameUp(2)) == [Grant(2, 2), Load(3, "a", 4)]
    assert table.feed(CameUp(3)) == [Grant(3, 3), Grant(4, 3)]


def test_a_context_that_failed_to_load_says_nothing_of_a_smaller_one() -> None:
    table = Table()
    table.want("a", context=512)
    assert table.want("a", context=256) == []
    assert table.feed(FailedToLoad(1, "no memory")) == [
        Refuse(1, Refusal.LOAD_FAILED, "no memory", 15.0), Load(2, "a", 2),
    ]  # fmt: skip
    assert table.want("a", context=512) == [Refuse(3, Refusal.COOLING_DOWN, "no memory", 15.0)]


def test_whoever_can_never_be_served_any_more_is_told_at_once() -> None:
    table = Table()
    table.have("a", busy=True)
    table.have("b", busy=True)
    assert table.want("c", size=250) == []
    assert table.feed(Pinned("a", True)) == [Refuse(3, Refusal.TOO_LARGE)]
    assert table.want("c", size=180) == []
    assert table.feed(Measured(1, 130)) == [Refuse(4, Refusal.TOO_LARGE)]


def test_a_bound_by_number_that_pinned_models_use_up() -> None:
    table = Table(most=1)
    table.have("a")
    table.feed(Pinned("a", True))
    assert table.want("b") == [Refuse(2, Refusal.TOO_LARGE)]
    assert table.want("a") == [Grant(3, 1)]


def test_no_keep_alive_of_zero_takes_a_pinned_model_away() -> None:
    table = Table()
    table.have("a")
    table.feed(Pinned("a", True))
    table.want("a", keep=0.0)
    assert table.feed(Served(2)) == []
    assert table.feed(Dismissed("a")) == [Unload(1, "a", "dismissed")], "an unload by hand does"


def test_a_load_can_be_given_up_by_hand() -> None:
    table = Table()
    table.want("a")
    table.want("b")
    assert table.feed(Dismissed("a")) == [Refuse(1, Refusal.DISMISSED), Unload(1, "a", "dismissed")]
    assert table.feed(CameUp(1)) == [], "too late"
    assert table.feed(WentDown(1)) == [Load(2, "b", 2)]


def test_a_load_that_others_wait_for_is_not_given_up_for_somebody_who_lets_go() -> None:
    table = Table()
    table.want("a")
    assert table.feed(Dismissed("a", spares_waiting=True)) == []
    table.feed(GaveUp(1))
    assert table.feed(Dismissed("a", spares_waiting=True)) == [Unload(1, "a", "dismissed")]


def test_a_load_for_nobody_goes_on_until_it_has_stood_in_the_way_for_a_while() -> None:
    table = Table()
    table.want("a")
    table.feed(GaveUp(1))
    assert table.feed(TimePassed(), after=1000.0) == []
    table.want("b", wait=100.0)
    assert table.scheduler.next_moment(table.now) == table.now + 10.0
    table.feed(TimePassed(), after=10.0)
    assert table.scheduler.next_moment(table.now) == table.now + 20.0
    assert table.feed(TimePassed(), after=20.0) == [Unload(1, "a", "abandoned")]
    assert table.feed(WentDown(1)) == [Load(2, "b", 2)]


def test_a_load_that_is_wanted_again_goes_on() -> None:
    table = Table()
    table.want("a")
    table.feed(GaveUp(1))
    table.want("b", wait=1000.0)
    table.feed(TimePassed(), after=29.0)
    table.want("a", wait=1000.0)
    assert table.feed(TimePassed(), after=30.0) == []


def test_models_of_other_servers_take_no_room_and_wait_for_nobody() -> None:
    table = Table(most=1, parallel=1)
    table.want("a")
    assert table.want("far", size=0, elsewhere=True) == [Load(2, "far", 2)]
    assert table.want("far", size=0, elsewhere=True) == []
    assert table.feed(CameUp(2)) == [Grant(2, 2), Grant(3, 2)]
    assert table.feed(CameUp(1)) == [Grant(1, 1)]
    assert table.feed(Served(1)) == [], "it is not one too many"


def test_a_server_elsewhere_that_failed_and_was_replaced_by_an_engine_here_counts() -> None:
    table = Table()
    table.want("far", size=0, elsewhere=True)
    table.feed(Measured(1, 120))
    assert table.scheduler.free == 180
