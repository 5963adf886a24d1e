"""A dictionary that forgets."""

from steelyard.core.recent import Recent


def test_what_was_not_written_for_longest_is_forgotten() -> None:
    recent: Recent[str, int] = Recent(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        recent.put(key, value)
    assert [recent.get(key) for key in "abc"] == [3, None, 4]
    assert len(recent) == 2


def test_dropping_twice_is_no_harm() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.drop("a")
    recent.drop("a")
    assert recent.get("a") is None


def test_everything_is_listed_the_oldest_first() -> None:
    recent: Recent[str, int] = Recent(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3)):
        recent.put(key, value)
    items = recent.items()
    recent.put("c", 4)
    assert items == [("b", 2), ("a", 3)]
    assert recent.items() == [("a", 3), ("c", 4)]
