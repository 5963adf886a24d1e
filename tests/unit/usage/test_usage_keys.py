"""Keys of events."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from steelyard.usage.keys import EventKeys, at_ms_of

AT = 1_767_268_800_000  # 2026


@pytest.mark.parametrize("times", [[], [AT], [AT + 5, AT, AT], [0, AT], [AT, 1 << 50]])
def test_many_at_once_are_as_one_by_one(times: list[int]) -> None:
    keys = EventKeys()
    many = keys.keys(times)
    assert list(map(at_ms_of, many)) == [at_ms_of(keys.key(at_ms)) for at_ms in times]
    assert len(set(many)) == len(times)
    assert all(0 <= key < 1 << 63 for key in many)


def test_no_key_is_given_twice_to_threads() -> None:
    keys = EventKeys()
    with ThreadPoolExecutor(8) as threads:
        given = [key for some in threads.map(lambda _: keys.keys([AT] * 1_000), range(50)) for key in some]
    assert len(set(given)) == 50_000
