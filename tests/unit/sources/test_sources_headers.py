"""Any text at all in the headers of a hub's answer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.guard.errors import AddressRefused
from steelyard.sources.guard.guard import Guard
from steelyard.sources.http import headers_for, joined, pause_of, range_start, retry_after

HUB = URL("https://hub.example/org/name/resolve/main/x")
SECRET = {"Authorization": "Bearer hf_x"}
PIECES = st.sampled_from(
    ["http:", "https:", "//", "/", "\\", "@", ":", "[", "]", "%", "?", "#", ".", "..", "127.0.0.1", "::1", "0x7f", "1",
     "hub.example", "cdn.example", "user", "\u3002", "\uff0e", "\u2100", " ", "\t", "99999", "xn--", "ftp:", "file:"]
)  # fmt: skip
TEXT = st.text(max_size=60) | st.lists(PIECES, max_size=9).map("".join)


@given(TEXT)
@example("http://[::1")
@example("http://127.0.0.1:99999999/x")
@example("http://\u2100.example/")
def test_any_location_is_an_address_or_nonsense(target: str) -> None:
    try:
        found = joined(HUB, target)
    except UpstreamNonsense:
        return
    assert found.scheme in {"http", "https"}
    assert found.raw_host
    assert found.port


@given(TEXT)
def test_any_location_is_refused_or_keeps_the_secret_at_home(target: str) -> None:
    guard = Guard(["https://hub.example"], (), lambda _url: None)
    try:
        found = joined(HUB, target)
        guard.check_hop(HUB, found)
        route = guard.route(found)
    except (UpstreamNonsense, AddressRefused):
        return
    at_home = (found.scheme, (found.raw_host or "").lower(), found.port) == ("https", "hub.example", 443)
    assert route.pinned is not at_home
    assert (headers_for(HUB, found, SECRET) == SECRET) is at_home


@given(TEXT | st.from_regex(r"bytes \d+-\d+/(\d+|\*)", fullmatch=True))
@example(f"bytes {'9' * 5000}-1/2")
@example("bytes \u0661-2/3")
def test_any_content_range_is_a_number_or_nothing(text: str) -> None:
    found = range_start(text)
    assert found is None or text.strip().startswith("bytes ")


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1) | st.just("*"))
def test_a_content_range_says_where_it_starts(start: int, end: int, size: int | str) -> None:
    assert range_start(f"bytes {start}-{end}/{size}") == start


@pytest.mark.parametrize("name", ["Retry-After", "ratelimit"])
@given(text=TEXT | st.from_regex(r".{0,9};t=\d*", fullmatch=True) | st.from_regex(r"\d+", fullmatch=True))
@example(text="9" * 5000)
def test_any_pause_is_between_nothing_and_an_hour(name: str, text: str) -> None:
    said = retry_after({name: text})
    assert said is None or 0 <= said <= 3600
    assert 0 <= pause_of({name: text}) <= 3600
