"""Where a request came in, and the absolute address that it is known by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.dialects.huggingface.door import Door, find_door, own_base, prefix_of
from steelyard.identity.names import InvalidName

HF = Door("/hf", None, "")


@pytest.mark.parametrize(
    ("raw", "prefix", "path", "user", "rest"),
    [
        ("/hf/api/models/gpt2", "", "/hf", None, "/api/models/gpt2"),
        ("/hf", "", "/hf", None, ""),
        ("/depot/hf/gpt2/resolve/main/a", "/depot", "/hf", None, "/gpt2/resolve/main/a"),
        ("/hf/gpt2/resolve/main/a", "/depot", "/hf", None, "/gpt2/resolve/main/a"),
        ("/u/alice/hf/api/whoami-v2", "", "/u/alice/hf", "alice", "/api/whoami-v2"),
        ("/depot/u/Ren%C3%A9e/hf/x", "/depot", "/u/Ren%C3%A9e/hf", "Renée", "/x"),
        ("/u/alice%40example.org/hf/x", "", "/u/alice%40example.org/hf", "alice@example.org", "/x"),
        ("/hf/hf/x", "/hf", "/hf", None, "/x"),
        ("/hf/x", "/hf", "/hf", None, "/x"),
    ],
)
def test_the_door_of_a_request(raw: str, prefix: str, path: str, user: str | None, rest: str) -> None:
    assert find_door(raw, prefix) == Door(path, user, rest)


@pytest.mark.parametrize("raw", ["/", "/hfx/api", "/api/models", "/u/alice", "/u//hf/x", "/u/a/b/hf", "/x/hf/api", ""])
def test_other_addresses_have_no_door(raw: str) -> None:
    assert find_door(raw, "/depot") is None


@pytest.mark.parametrize("raw", ["/u/%20/hf/x", "/u/%ff/hf/x", "/u/a%0db/hf/x", f"/u/{'a' * 200}/hf/x"])
def test_a_name_that_is_none_is_refused(raw: str) -> None:
    with pytest.raises(InvalidName):
        find_door(raw)


def test_what_could_end_a_header_is_encoded() -> None:
    door = find_door('/u/a">b/hf/x')
    assert door is not None
    assert door.path == "/u/a%22%3Eb/hf"


@given(st.text(max_size=60))
def test_any_text_has_a_door_or_none(text: str) -> None:
    try:
        door = find_door(f"/u/{text}/hf/x", "/u")
    except InvalidName:
        return
    assert door is None or door.path.isascii()


def test_the_public_address_wins() -> None:
    headers = {"host": "10.0.0.1:8420"}
    base = own_base(HF, public_url="https://example.org/depot/", scheme="http", headers=headers, is_trusted=True)
    assert base == "https://example.org/depot/hf"


def test_without_one_the_host_header_is_taken() -> None:
    door = Door("/u/alice/hf", "alice", "")
    assert own_base(door, public_url=None, scheme="http", headers={"host": "box:8420"}) == "http://box:8420/u/alice/hf"
    assert own_base(HF, public_url=None, scheme="http", headers={"host": "[::1]:1"}) == "http://[::1]:1/hf"


FORWARDED = {"host": "inner:1", "x-forwarded-proto": "https", "x-forwarded-host": "evil.test, models.test"}


def test_only_a_trusted_proxy_is_believed_and_only_the_nearest() -> None:
    assert own_base(HF, public_url=None, scheme="http", headers=FORWARDED) == "http://inner:1/hf"
    believed = own_base(HF, public_url=None, scheme="http", headers=FORWARDED, is_trusted=True)
    assert believed == "https://models.test/hf"


def test_a_forwarded_host_that_is_none_is_passed_over() -> None:
    headers = {"host": "inner:1", "x-forwarded-host": 'x>; rel="next"', "x-forwarded-proto": "javascript"}
    assert own_base(HF, public_url=None, scheme="http", headers=headers, is_trusted=True) == "http://inner:1/hf"


def test_the_prefix_of_the_public_address() -> None:
    assert prefix_of("https://example.org/depot/") == "/depot"
    assert prefix_of("https://example.org") == prefix_of(None) == ""
