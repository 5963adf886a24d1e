"""Half an hour of random load in a moment: ten models, of which three fit."""

from dataclasses import replace

import pytest

from steelyard.serving.limits import Limits
from steelyard.serving.moves import Refusal
from tests.unit.serving.world import Odds, World

SEEDS = range(8)
LONGEST_WAIT = 60.0  # seconds; measured over 200 worlds: 36


@pytest.mark.parametrize("seed", SEEDS)
def test_half_an_hour_of_random_load(seed: int) -> None:
    world = World(seed)
    world.run(minutes=30)
    assert len(world.asked) > 600
    assert world.asked.keys() == world.granted.keys() | world.refused.keys() | world.left, "somebody was forgotten"
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], []), "something is stuck"
    assert world.waits[-1] < LONGEST_WAIT
    assert world.counts["evicted"] > 50
    assert {one.why for one in world.refused.values()} <= {
        Refusal.CRASHED, Refusal.LOAD_FAILED, Refusal.COOLING_DOWN, Refusal.DEADLINE, Refusal.QUEUE_FULL,
        Refusal.DISMISSED, Refusal.TOO_LARGE,
    }  # fmt: skip
    assert world.counts["deadline"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_more_load_than_there_is_room_for(seed: int) -> None:
    """Most are refused; nothing is stuck, and whoever is served waited no longer than they said."""
    world = World(
        seed, odds=Odds(every=0.5), limits=Limits(budget=300, parallel=2, queue=8, queue_all=30, keep_alive=60.0)
    )
    world.run(minutes=15)
    assert world.asked.keys() == world.granted.keys() | world.refused.keys() | world.left
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])
    assert world.waits[-1] <= 120.0
    assert len(world.granted) > 0.2 * len(world.asked)
    served = {world.granted[one] // 60 for one in world.granted}
    assert served >= set(range(15)), "no minute without somebody served"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bound_by_number_and_loads_that_fail_often(seed: int) -> None:
    limits = Limits(budget=10_000, most=2, keep_alive=30.0, cooldown=5.0)
    world = World(seed, limits=limits, odds=replace(Odds(), fails=0.3, dies=0.5, every=4.0, answer=10.0))
    world.run(minutes=15)
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])
    assert world.counts["load-failed"] > 0
    assert world.counts["crashed"] > 0
    assert world.asked.keys() == world.granted.keys() | world.refused.keys() | world.left


@pytest.mark.parametrize("seed", SEEDS)
def test_loads_that_hang_and_people_who_leave_stop_nobody_for_good(seed: int) -> None:
    world = World(seed, odds=Odds(hangs=0.1, gives_up=0.6, every=6.0))
    world.run(minutes=30)
    assert world.asked.keys() == world.granted.keys() | world.refused.keys() | world.left
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])
    assert world.counts["hung"] > 0
    served = {world.granted[one] // 300 for one in world.granted}
    assert served >= set(range(6)), "no five minutes without somebody served"


@pytest.mark.parametrize("seed", SEEDS)
def test_sizes_that_differ_and_models_that_turn_out_larger(seed: int) -> None:
    """As with two contexts of one model. What is over the budget goes as soon as nobody uses it."""
    world = World(
        seed, odds=Odds(every=4.0, grows=60), limits=Limits(budget=380, queue=20, keep_alive=60.0), sizes=(100, 160, 60)
    )
    world.run(minutes=20)
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])
    assert world.asked.keys() == world.granted.keys() | world.refused.keys() | world.left
    assert world.most_bytes > world.limits.budget, "the world was too kind to tell"
    assert world.counts["evicted"] > 20
    assert world.waits[-1] < LONGEST_WAIT


@pytest.mark.parametrize("seed", SEEDS)
def test_models_that_are_not_kept_at_all(seed: int) -> None:
    """Each leaves when nobody waits for it; whoever asks is served all the same."""
    world = World(seed, odds=Odds(every=5.0, fails=0.0, dies=0.0), limits=Limits(budget=300, keep_alive=0.0))
    world.run(minutes=10)
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])
    assert {one.why for one in world.refused.values()} <= {Refusal.DISMISSED}
    assert world.waits[-1] < LONGEST_WAIT


@pytest.mark.parametrize("seed", SEEDS)
def test_a_model_that_is_never_idle_starves_nobody(seed: int) -> None:
    """Without patience coming to an end, whoever wants the other one waits for ever."""
    limits = Limits(budget=220, parallel=16, queue=500, queue_all=1000)
    world = World(seed, models=3, limits=limits, odds=Odds(every=0.3, answer=4.0, fails=0.0, dies=0.0, moods=120.0))
    world.run(minutes=10)
    assert world.counts["deadline"] == 0
    assert world.waits[-1] < LONGEST_WAIT
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_waits_for_too_long_hears_it_in_time(seed: int) -> None:
    world = World(seed, odds=Odds(every=1.0, gives_up=0.0), patience=5.0)
    world.run(minutes=10)
    assert world.counts["deadline"] > 20
    assert world.asked.keys() == world.granted.keys() | world.refused.keys()
    assert (world.scheduler.waiting, world.scheduler.slots) == ([], [])
