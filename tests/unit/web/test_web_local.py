"""Where a sign-in leads: to a page of ours, never to another host."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from steelyard.web.local import local_path, login_path

HOST = "https://depot.example.org/depot/login"


@pytest.mark.parametrize("wanted", ["/", "/models/org/name", "/downloads?status=failed#history", "/models/a%20b?x=//y"])
def test_a_path_of_ours_is_kept(wanted: str) -> None:
    assert local_path(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example",
        "javascript:alert(1)", "evil.example", " //evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil",
        "///evil.example", "/a\\b", "/é", "/" + "x" * 3000, "/\x00", "/a b", "http:/evil.example",
    ],
)  # fmt: skip
def test_everything_else_leads_home(wanted: str) -> None:
    assert local_path(wanted) == "/"


@given(st.text(alphabet=st.sampled_from("/\\:.@ \t\n\r?#%ehtps2fF"), max_size=12))
def test_no_text_leads_to_another_host(wanted: str) -> None:
    # What browsers do before they look at an address (URL standard, 4.4): tabs and line ends go, backslashes turn.
    seen = "".join(letter for letter in local_path(wanted) if letter not in "\t\r\n").replace("\\", "/")
    assert urlsplit(urljoin(HOST, seen)).netloc == "depot.example.org"


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("/depot/", b"", "/login"),
        ("/depot/models/org/näme", b"", "/login?next=/models/org/n%25C3%25A4me"),
        ("/depot/downloads", b"status=failed&offset=25", "/login?next=/downloads%3Fstatus%3Dfailed%26offset%3D25"),
        ("/depot//evil.example", b"", "/login"),
    ],
)
def test_the_way_to_the_sign_in_page_remembers_what_was_wanted(path: str, query: bytes, found: str) -> None:
    request = Request({"type": "http", "path": path, "root_path": "/depot", "query_string": query, "headers": []})
    assert login_path(request) == found
