"""Whoever guesses passwords waits."""

import pytest

from steelyard.identity.backoff import FREE_OF_ADDRESS, FREE_OF_PAIR, LoginGuard, TooManySignIns, pause_after
from steelyard.testing.clock import HandClock

HERE, THERE = "192.0.2.7", "198.51.100.1"


@pytest.fixture
def guard(clock: HandClock) -> LoginGuard:
    """Nobody has tried yet."""
    return LoginGuard(clock)


def fail(guard: LoginGuard, times: int, name: str = "alice", address: str = HERE) -> None:
    for _ in range(times):
        guard.attempt(name, address)


def wait_of(guard: LoginGuard, name: str = "alice", address: str = HERE) -> float:
    """How long somebody who tries now is told to wait."""
    with pytest.raises(TooManySignIns) as caught:
        guard.attempt(name, address)
    assert caught.value.status == 429
    assert caught.value.hint
    assert caught.value.retry_after is not None
    return caught.value.retry_after


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [pause_after(failures, 5) for failures in range(20)]
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900]
    assert pause_after(10**9, 5) == 900


def test_five_tries_are_free_then_each_costs_more(guard: LoginGuard, clock: HandClock) -> None:
    fail(guard, FREE_OF_PAIR)
    for wait in (1, 2, 4, 8):
        assert wait_of(guard) == wait
        clock.forward(seconds=wait)
        guard.attempt("alice", HERE)
    assert wait_of(guard) == 16


def test_who_is_refused_is_not_punished_for_asking(guard: LoginGuard) -> None:
    fail(guard, FREE_OF_PAIR)
    assert {wait_of(guard) for _ in range(10)} == {1}


def test_tries_side_by_side_are_no_way_around(guard: LoginGuard) -> None:
    """Five are on their way and none is answered yet: the sixth waits."""
    fail(guard, FREE_OF_PAIR)
    wait_of(guard)
    guard.succeeded("alice", HERE)
    guard.attempt("alice", HERE)


def test_the_right_password_begins_anew(guard: LoginGuard) -> None:
    for _ in range(3):
        fail(guard, FREE_OF_PAIR - 1)
        guard.attempt("alice", HERE)
        guard.succeeded("alice", HERE)
    fail(guard, FREE_OF_PAIR)
    assert wait_of(guard) == 1


def test_neither_others_nor_other_places_are_kept_out(guard: LoginGuard) -> None:
    fail(guard, FREE_OF_PAIR)
    wait_of(guard)
    guard.attempt("bob", HERE)
    guard.attempt("alice", THERE)


def test_a_name_is_the_same_in_any_case(guard: LoginGuard) -> None:
    fail(guard, 3, "alice")
    fail(guard, 2, "ALICE")
    assert wait_of(guard, "Alice") == 1


def test_one_password_on_many_names(guard: LoginGuard, clock: HandClock) -> None:
    for number in range(FREE_OF_ADDRESS):
        guard.attempt(f"user{number}", HERE)
    assert wait_of(guard, "somebody") == 1
    clock.forward(seconds=1)
    guard.attempt("somebody", HERE)
    assert wait_of(guard, "else") == 2
    guard.attempt("somebody", THERE)


def test_a_network_of_ipv6_is_one_place(guard: LoginGuard) -> None:
    for number in range(FREE_OF_ADDRESS):
        guard.attempt(f"user{number}", f"2001:db8::{number:x}")
    assert wait_of(guard, "somebody", "2001:db8::ffff") == 1
    guard.attempt("somebody", "2001:db8:0:1::1")


def test_those_who_sign_in_rightly_do_not_count_against_their_office(guard: LoginGuard) -> None:
    for number in range(10 * FREE_OF_ADDRESS):
        guard.attempt(f"user{number}", HERE)
        guard.succeeded(f"user{number}", HERE)


def test_an_own_account_buys_no_more_guesses(guard: LoginGuard, clock: HandClock) -> None:
    """Whoever signs in with a right password in between still waits as long for the next wrong one."""
    for number in range(FREE_OF_ADDRESS):
        guard.attempt(f"user{number}", HERE)
    clock.forward(seconds=1)
    guard.attempt("mallory", HERE)
    guard.succeeded("mallory", HERE)
    guard.attempt("victim", HERE)
    assert wait_of(guard, "another") == 2


def test_after_a_quiet_quarter_of_an_hour_all_is_forgotten(guard: LoginGuard, clock: HandClock) -> None:
    fail(guard, FREE_OF_PAIR)
    clock.forward(minutes=16)
    fail(guard, FREE_OF_PAIR)
    assert wait_of(guard) == 1


def test_a_long_wait_is_not_forgotten_while_it_lasts(guard: LoginGuard, clock: HandClock) -> None:
    fail(guard, FREE_OF_PAIR)
    for _ in range(12):
        clock.forward(seconds=wait_of(guard))
        guard.attempt("alice", HERE)
    assert wait_of(guard) == 900


def test_memory_is_bounded(clock: HandClock) -> None:
    guard = LoginGuard(clock, keys=10)
    for number in range(1000):
        guard.attempt("alice", f"10.0.{number // 250}.{number % 250}")
    assert len(guard._failures) == 10
