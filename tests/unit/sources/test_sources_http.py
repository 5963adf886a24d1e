"""Moving bytes over HTTP: the parts that need no hub."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from steelyard.sources.http import headers_for, pause_of, retry_after, unreachable

SECRET = {"Authorization": "Bearer hf_x", "cookie": "a=b", "Range": "bytes=0-", "User-Agent": "steelyard/0"}


@pytest.mark.parametrize(
    "target",
    [
        "https://cdn.example/x",
        "http://hub.example/x",
        "https://hub.example:444/x",
        "https://hub.example.evil.example/x",
        "https://sub.hub.example/x",
    ],
)
def test_secrets_stay_with_their_origin(target: str) -> None:
    kept = headers_for(URL("https://hub.example/a"), URL(target), SECRET)
    assert kept == {"Range": "bytes=0-", "User-Agent": "steelyard/0"}


def test_the_same_origin_keeps_them() -> None:
    assert headers_for(URL("https://hub.example/a"), URL("https://hub.example/b?c"), SECRET) == SECRET


@given(st.sampled_from(["authorization", "AUTHORIZATION", "Authorization", "aUtHoRiZaTiOn"]), st.text())
def test_no_spelling_gets_through(name: str, value: str) -> None:
    assert headers_for(URL("https://hub.example"), URL("https://cdn.example"), {name: value}) == {}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"ratelimit": '"api";r=0;t=55'}, 55.0),
        ({"Retry-After": "3", "ratelimit": '"api";r=0;t=55'}, 3.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"Retry-After": "-4"}, None),
        ({"Retry-After": "soon", "ratelimit": "nonsense"}, None),
        ({}, None),
    ],
)
def test_how_long_a_hub_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    assert pause_of(headers) == (5.0 if seconds is None else seconds)


def test_a_broken_connection_does_not_show_the_signature() -> None:
    error = unreachable(URL("https://cdn.example/x?signature=secret"), ConnectionResetError("secret"))
    assert error.detail == "The connection to cdn.example failed (ConnectionResetError)."
