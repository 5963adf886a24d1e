from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.cli.words import ago, duration, joined, local, percent, plain, short, since, size, speed
from steelyard.core.clock import iso

NOW = datetime(2025, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-30, "just now"),
        (4, "just now"),
        (59, "59 s ago"),
        (180, "3 min ago"),
        (3599, "59 min ago"),
        (7200, "2 h ago"),
        (86_400, "1 day ago"),
        (86_400 * 59, "59 days ago"),
    ],
)
def test_ago(seconds: int, words: str) -> None:
    assert ago(iso(NOW - timedelta(seconds=seconds)), NOW) == words


def test_long_ago_is_a_date_and_never_is_never() -> None:
    assert ago("2024-01-02T12:00:00.000Z", NOW) == "2024-01-02"
    assert ago(None, NOW) == "–"
    assert ago(None, NOW, never="never") == "never"


def test_local_times() -> None:
    zone = timezone(timedelta(hours=2))

    assert local("2025-11-20T10:16:00.123Z", zone) == "2025-11-20 12:16:00"
    assert local(None) == "–"
    assert since(None, NOW, never="never") == "never"
    assert since(iso(NOW - timedelta(minutes=3)), NOW).endswith("(3 min ago)")


@pytest.mark.parametrize(
    ("ratio", "words"), [(None, "–"), (0, "0 %"), (0.424, "42 %"), (0.9999, "99 %"), (1, "100 %"), (1.0, "100 %")]
)
def test_only_the_whole_is_a_hundred_per_cent(ratio: float | None, words: str) -> None:
    assert percent(ratio) == words


def test_measures() -> None:
    assert (size(None), size(0), size(548_000_000)) == ("–", "0 B", "548 MB")
    assert (speed(None), speed(12_100_000.0)) == ("–", "12.1 MB/s")
    assert (duration(None), duration(112)) == ("–", "1 min 52 s")


def test_text() -> None:
    assert (plain(None), plain(""), plain(0), plain("gpt2"), plain("é 模型")) == ("–", "–", "0", "gpt2", "é 模型")
    assert (joined([]), joined(["a", "b"])) == ("–", "a, b")


@given(st.text())
def test_no_name_steers_the_terminal(name: str) -> None:
    assert plain(name).isprintable()


def test_a_reason_in_a_list_is_cut() -> None:
    assert short("a b", 3) == "a b"
    assert short("a bcd", 3) == "a…"
    assert short(None) == "–"
