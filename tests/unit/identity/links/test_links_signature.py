"""Requests that somebody signed: when they count, and for how long."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from steelyard.identity.asking import Asking
from steelyard.identity.ed25519 import Ed25519
from steelyard.identity.holder import Account, Holder, NotSignedIn
from steelyard.identity.links.protocol import Known
from steelyard.identity.links.signature import REPEAT_SECONDS, SKEW_SECONDS, SignatureLink, Signer, signed
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.roles import Role
from steelyard.identity.signing import read_line
from steelyard.testing.clock import HandClock
from steelyard.testing.signer import OllamaSigner

HOLDER = Holder(Account(7, "alice", Role.MEMBER), "key:k1", frozenset())


class HandSigners:
    """Alice has a key."""

    def __init__(self, line: str) -> None:
        self.known = {read_line(line)[0].fingerprint: Signer("k1", HOLDER)}
        self.used: list[str] = []

    async def of_key(self, fingerprint: str) -> Signer | None:
        return self.known.get(fingerprint)

    def key_used(self, signer: Signer) -> None:
        self.used.append(signer.key)


class Desk:
    """Alice's signer, and a link that knows her key."""

    def __init__(self) -> None:
        self.clock, self.alice = HandClock(), OllamaSigner()
        self.signers = HandSigners(self.alice.line)
        self.link = SignatureLink(self.signers, Ed25519(), self.clock)

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def request(self, path: str = "/api/tags", method: str = "GET", *, moment: int | None = None) -> Asking:
        at = self.now if moment is None else moment
        return shown(self.alice.header(method, path, at), method, path, f"ts={at}")


def shown(header: str, method: str = "GET", path: str = "/api/tags", query: str = "") -> Asking:
    raw = [(b"authorization", header.encode("latin-1"))]
    return Asking(Headers(raw=raw), "192.0.2.7", is_from_proxy=False, method=method, path=path, query=query)


@pytest.fixture
def desk() -> Desk:
    """Nothing was signed yet."""
    return Desk()


async def test_whoever_signed_is_known_as_their_account(desk: Desk) -> None:
    assert await desk.link.identify(desk.request()) == Known(PrincipalKind.ACCOUNT, "7", "alice", HOLDER)
    assert desk.signers.used == ["k1"]


@pytest.mark.parametrize("late", [-SKEW_SECONDS, SKEW_SECONDS])
async def test_clocks_may_differ_by_five_minutes(desk: Desk, late: float) -> None:
    assert await desk.link.identify(desk.request(moment=desk.now + int(late)))
    beyond = desk.now + int(late) + (1 if late > 0 else -1)
    with pytest.raises(NotSignedIn, match="another time"):
        await desk.link.identify(desk.request(moment=beyond))


@pytest.mark.parametrize(
    "other",
    [
        {"method": "DELETE"}, {"path": "/api/delete"}, {"query": "ts=1"}, {"query": ""}, {"path": "/api/tags/"},
        {"query": "{now}&stream=1"}, {"query": "{now}&{now}"}, {"query": "a=1&{now}"}, {"path": "/depot/api/tags"},
    ],
)  # fmt: skip
async def test_it_counts_for_that_request_only(desk: Desk, other: dict[str, str]) -> None:
    what = {"method": "GET", "path": "/api/tags", "query": "{now}", **other}
    what["query"] = what["query"].replace("{now}", f"ts={desk.now}")
    header = desk.alice.header("GET", "/api/tags", desk.now)
    with pytest.raises(NotSignedIn, match="not of this request"):
        await desk.link.identify(shown(header, **what))
    assert desk.signers.used == []


async def test_a_signature_of_somebody_else_is_not_hers(desk: Desk) -> None:
    others = OllamaSigner().header("GET", "/api/tags", desk.now).partition(":")[2]
    with pytest.raises(NotSignedIn, match="not of this request"):
        await desk.link.identify(shown(f"{desk.alice.line.split()[1]}:{others}", query=f"ts={desk.now}"))


async def test_an_unknown_key_is_as_good_as_none(desk: Desk) -> None:
    header = OllamaSigner().header("GET", "/api/tags", desk.now)
    assert await desk.link.identify(shown(header, query=f"ts={desk.now}")) is None


async def test_a_disabled_account_is_told_so_only_to_whoever_has_the_key(desk: Desk) -> None:
    (fingerprint,) = desk.signers.known
    desk.signers.known[fingerprint] = Signer("k1", HOLDER, is_disabled=True)
    with pytest.raises(NotSignedIn, match="disabled"):
        await desk.link.identify(desk.request())
    with pytest.raises(NotSignedIn, match="not of this request"):
        await desk.link.identify(shown(desk.request().headers["authorization"], query="ts=1"))


async def test_two_calls_in_one_second_are_signed_alike_and_both_count(desk: Desk) -> None:
    moment = desk.now
    for _ in range(3):
        assert await desk.link.identify(desk.request("/api/show", "POST", moment=moment))
    desk.clock.forward(seconds=REPEAT_SECONDS)
    assert await desk.link.identify(desk.request("/api/show", "POST", moment=moment))


async def test_a_signature_that_is_overheard_is_worth_nothing_a_moment_later(desk: Desk) -> None:
    moment = desk.now
    assert await desk.link.identify(desk.request("/api/chat", "POST", moment=moment))
    desk.clock.forward(seconds=REPEAT_SECONDS + 1)
    with pytest.raises(NotSignedIn, match="used before"):
        await desk.link.identify(desk.request("/api/chat", "POST", moment=moment))
    assert await desk.link.identify(desk.request("/api/chat", "POST"))  # signed anew


async def test_one_request_is_looked_at_for_as_long_as_it_lasts(desk: Desk) -> None:
    asking = desk.request()
    assert await desk.link.identify(asking)
    desk.clock.forward(seconds=3600)
    assert await desk.link.identify(asking)
    desk.signers.known.clear()  # the key was removed
    assert await desk.link.identify(asking) is None


@pytest.mark.parametrize(
    "header",
    [
        "", ":", "a:b", "Bearer sy_a:b", "Bearer a", "Basic YTpi", "A" * 68 + ":" + "A" * 86 + "==",
        "A" * 68 + ":" + "A" * 88, "sy_abc_def:ghi", "\xe4:\xf6", "A" * 10_000 + ":" + "B" * 10_000,
    ],
)  # fmt: skip
async def test_what_is_no_signature_is_nobodys(desk: Desk, header: str) -> None:
    assert await desk.link.identify(shown(header, query=f"ts={desk.now}")) is None


async def test_a_signature_that_comes_twice_is_nobodys(desk: Desk) -> None:
    asking = desk.request()
    raw = [*asking.headers.raw, *asking.headers.raw]
    twice = Asking(Headers(raw=raw), "192.0.2.7", is_from_proxy=False, path="/api/tags", query=asking.query)
    assert await desk.link.identify(twice) is None


@given(st.text(st.characters(max_codepoint=255)), st.binary(max_size=60), st.binary(max_size=70))
def test_any_header_is_a_signature_or_none(text: str, left: bytes, right: bytes) -> None:
    for header in (text, f"{base64.b64encode(left).decode()}:{base64.b64encode(right).decode()}"):
        key, signature = signed(shown(header))
        assert key is None or len(signature) == 64
