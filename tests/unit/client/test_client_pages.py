from hypothesis import given
from hypothesis import strategies as st

from steelyard.client.pages import iterate


@given(st.lists(st.integers(), max_size=50), st.integers(1, 20))
def test_every_item_once_and_in_order(items: list[int], page_size: int) -> None:
    asked: list[tuple[int, int]] = []

    def fetch(limit: int, offset: int) -> tuple[int, list[int]]:
        asked.append((limit, offset))
        return len(items), items[offset : offset + limit]

    assert list(iterate(fetch, page_size)) == items
    assert len(asked) == max(1, -(-len(items) // page_size))


def test_a_list_that_shrinks_meanwhile_ends() -> None:
    pages = {0: (9, [1, 2]), 2: (9, list[int]())}

    assert list(iterate(lambda _, offset: pages[offset], 2)) == [1, 2]


def test_nothing_is_fetched_before_it_is_needed() -> None:
    asked: list[int] = []

    def fetch(limit: int, offset: int) -> tuple[int, list[int]]:
        asked.append(offset)
        return 100, [0] * limit

    walk = iterate(fetch, 10)

    assert asked == []
    assert next(walk) == 0
    assert asked == [0]
