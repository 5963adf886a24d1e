"""Any text at all in the headers that the guards of the server read."""

import re
from ipaddress import ip_address, ip_network

from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.http.guards import allowed_hosts, check_forwarding, check_host, check_origin, client_address, is_trusted
from steelyard.http.settings import ServerSettings

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
LOCAL = allowed_hosts(ServerSettings())
PUBLIC = "https://models.example.org/depot"
TRUSTED = st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fd00::/8")
ADDRESS = (st.ip_addresses() | TRUSTED).map(str)
TEXT = st.text(max_size=40) | st.lists(
    st.sampled_from(
        ["http://", "https://", "[", "]", "@", ":", ".", "/", "evil.example", "localhost", "127.0.0.1", "::1"]
    ),
    max_size=6,
).map("".join)
HOP = ADDRESS | TEXT.filter(lambda text: "," not in text)


def chain(lines: list[str], peer: str) -> list[str]:
    """Everybody who is said to have passed the request on, the peer last."""
    return [hop.strip() for line in lines for hop in line.split(",") if hop.strip()] + [peer]


@given(ADDRESS, st.lists(st.lists(HOP, max_size=4).map(",".join), max_size=3))
def test_everybody_to_the_right_of_the_client_is_a_trusted_proxy(peer: str, lines: list[str]) -> None:
    found = client_address(peer, lines, PROXIES)
    if found is None:  # a proxy tells of nobody
        assert is_trusted(peer, PROXIES)
        return
    hops = chain(lines, peer)
    right = len(hops) - 1 - hops[::-1].index(found)
    assert all(is_trusted(hop, PROXIES) for hop in hops[right + 1 :])
    assert found == peer or str(ip_address(found))


@given(st.lists(HOP, max_size=5), st.ip_addresses(), st.lists(TRUSTED.map(str), min_size=1, max_size=4))
def test_what_stands_left_of_an_untrusted_hop_changes_nothing(
    forged: list[str], client: object, way: list[str]
) -> None:
    address = str(client)
    if is_trusted(address, PROXIES):
        address = "192.0.2.7"
    line = ",".join([*forged, address, *way[:-1]])
    assert client_address(way[-1], [line], PROXIES) == address
    assert client_address(way[-1], [",".join(forged), ",".join([address, *way[:-1]])], PROXIES) == address


@given(ADDRESS.filter(lambda address: not is_trusted(address, PROXIES)), st.lists(HOP, max_size=4))
def test_an_untrusted_peer_is_the_client_whatever_it_says(peer: str, forged: list[str]) -> None:
    assert client_address(peer, forged, PROXIES) == peer


@given(TEXT)
@example("[")
@example("[::1")
@example("[::1]evil.example")
@example("localhost:@evil.example")
def test_on_loopback_any_host_is_ours_or_refused(host: str) -> None:
    error = check_host(host, LOCAL)
    ours = {*LOCAL, *(f"[{one}]" for one in LOCAL)}
    assert error is not None or any(re.fullmatch(rf"{re.escape(one)}(:\d*)?", host.lower()) for one in ours)
    assert error is None or (error.status == 403 and error.hint)


@given(TEXT, TEXT, st.none() | st.sampled_from(["none", "same-origin", "same-site", "cross-site", "x"]))
@example("http://[", "localhost", None)
@example("null", "", None)
def test_any_origin_is_our_own_or_refused(origin: str, host: str, site: str | None) -> None:
    headers = {"origin": origin, "host": host} | ({"sec-fetch-site": site} if site else {})
    error = check_origin(headers, PUBLIC)
    own = {host.lower(), "models.example.org"} - {""}
    assert error is not None or any(one in origin.lower() for one in own)
    assert error is None or (error.status == 403 and error.hint)


@given(st.sampled_from(["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"]), TEXT)
def test_no_forwarding_header_of_a_stranger_passes(name: str, value: str) -> None:
    assert check_forwarding({name: value}, trusted=False) is not None
    assert check_forwarding({name: value}, trusted=True) is None
