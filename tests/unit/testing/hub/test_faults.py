"""Which rule acts on which request."""

import pytest

from steelyard.testing.hub.faults import Call, CutAfter, Faults, Flip, RedirectToCdn, Status

FILE = Call(("org/name/model.bin",), "GET", "hub")
TREE = Call(("api:org/name", "api:org/name/tree"), "GET", "hub")


@pytest.mark.parametrize("pattern", ["*", "org/name/*", "org/*.bin", "org/name/model.bin"])
def test_file_patterns(pattern: str) -> None:
    faults = Faults()
    faults.status(pattern, 503, times=None)
    assert faults.take(Status, FILE)
    assert faults.take(Status, TREE) is None


@pytest.mark.parametrize("pattern", ["api:*", "api:org/name", "api:org/name/tree"])
def test_metadata_patterns(pattern: str) -> None:
    faults = Faults()
    faults.status(pattern, 503, times=None)
    assert faults.take(Status, TREE)
    assert faults.take(Status, FILE) is None


def test_rules_are_spent_in_their_order() -> None:
    faults = Faults()
    faults.status("*", 503, times=2)
    faults.status("*", 429, headers={"Retry-After": "1"})
    taken = [faults.take(Status, FILE) for _ in range(4)]
    assert [one.status if one else None for one in taken] == [503, 503, 429, None]


def test_a_rule_that_does_not_act_is_not_spent() -> None:
    faults = Faults()
    rule = faults.cut_after("*", 100)
    assert faults.take(CutAfter, FILE, lambda cut: cut.size < 50) is None
    assert rule.acted == 0
    assert faults.take(CutAfter, FILE, lambda cut: cut.size < 200) == CutAfter(100)
    assert faults.take(CutAfter, FILE) is None


def test_a_rule_may_be_for_one_method_or_origin() -> None:
    faults = Faults()
    faults.status("*", 403, method="GET", origin="cdn", times=None)
    assert faults.take(Status, FILE) is None
    assert faults.take(Status, Call(FILE.names, "HEAD", "cdn")) is None
    assert faults.take(Status, Call(FILE.names, "GET", "cdn"))


def test_every_flip_that_fits_acts() -> None:
    faults = Faults()
    faults.flip("*", 1)
    faults.flip("*", 2)
    faults.flip("other/*", 3)
    assert [flip.offset for flip in faults.take_all(Flip, FILE)] == [1, 2]
    assert faults.take_all(Flip, FILE) == []


def test_a_redirect_stays_until_rules_are_cleared() -> None:
    faults = Faults()
    faults.redirect_to_cdn("*")
    assert all(faults.take(RedirectToCdn, FILE) for _ in range(3))
    faults.clear()
    assert faults.rules == ()
    assert faults.take(RedirectToCdn, FILE) is None
