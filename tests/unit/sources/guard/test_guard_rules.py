"""Whom the guard trusts, and what it asks of everybody else."""

from ipaddress import ip_network

import pytest
from yarl import URL

from steelyard.sources.guard.errors import AddressRefused
from steelyard.sources.guard.guard import Guard, Route

HUB = "http://127.0.0.1:8080"
PROXY = URL("http://10.0.0.9:3128")


def directly(_url: URL) -> None:
    """No proxy."""


def by_proxy(_url: URL) -> URL:
    """The same one for everything."""
    return PROXY


def guard_of(*trusted: str, allowed: str | None = None) -> Guard:
    """A guard that knows no proxy."""
    return Guard(trusted, (ip_network(allowed),) if allowed else (), directly)


def at(address: str) -> URL:
    """An address as a header gives it."""
    return URL(address, encoded=True)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/", "http://127.0.0.1:8081/", "https://127.0.0.1:8080/", "http://[::1]/", "http://[::1]:8080/",
        "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://10.0.0.1/", "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]:8080/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/", "http://[2002:7f00:1::]/", "http://2130706433/", "http://2130706433:8080/",
        "http://0177.0.0.1/", "http://0x7f.1/", "http://0x7f000001/", "http://127.1:8080/", "http://127.0.0.1.:8080/",
        "http://127\u30020\u30020\u30021:8080/", "http://\uff11\uff12\uff17.0.0.1/",
    ],
    ids=ascii,
)  # fmt: skip
@pytest.mark.parametrize("proxy_of", [directly, by_proxy])
def test_nobody_gets_the_depot_to_these(address: str, proxy_of: object) -> None:
    guard = Guard([HUB], (), directly if proxy_of is directly else by_proxy)
    with pytest.raises(AddressRefused) as caught:
        guard.route(at(address))
    assert caught.value.hint is not None
    assert "STEELYARD_SOURCES__ALLOWED_NETWORKS" in caught.value.hint


def test_the_settings_own_address_needs_no_permission() -> None:
    guard = guard_of(f"{HUB}/with/a/path")
    assert guard.route(at(f"{HUB}/a/b?c")) == Route(None, pinned=False)
    assert guard.route(at("HTTP://127.0.0.1:8080/")) == Route(None, pinned=False)


def test_trust_knows_the_usual_port() -> None:
    guard = guard_of("https://hub.example")
    assert guard.trusts(at("https://HUB.example:443/x"))
    for other in [
        "http://hub.example/x",
        "https://hub.example:444/",
        "https://hub.example./",
        "https://a.hub.example/",
    ]:
        assert not guard.trusts(at(other))


def test_a_public_name_is_pinned() -> None:
    assert guard_of(HUB).route(at("https://cdn.example/x")) == Route(None, pinned=True)


def test_an_allowed_network_lets_its_addresses_through() -> None:
    guard = guard_of(allowed="10.1.0.0/16")
    assert guard.route(at("http://10.1.2.3/")) == Route(None, pinned=True)
    for other in ["http://10.2.0.1/", "http://127.0.0.1/", "http://10.1/", "http://167837699/"]:
        with pytest.raises(AddressRefused):
            guard.route(at(other))


def test_one_address_that_is_refused_refuses_the_name() -> None:
    guard = guard_of()
    guard.check_addresses("cdn.example", ["8.8.8.8", "2606:4700::1111"])
    for mixed in [["8.8.8.8", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"], ["nonsense"]]:
        with pytest.raises(AddressRefused):
            guard.check_addresses("cdn.example", mixed)


def test_the_error_does_not_tell_what_a_name_means_inside() -> None:
    with pytest.raises(AddressRefused) as caught:
        guard_of().check_addresses("db.example", ["10.20.30.40"])
    assert "db.example" in caught.value.detail
    assert "10.20" not in f"{caught.value.detail} {caught.value.hint}"


@pytest.mark.parametrize("name", ["localhost", "nas", "db.internal", "printer.local", "x.localhost"])
def test_behind_a_proxy_names_of_the_network_inside_are_refused(name: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        Guard([HUB], (), by_proxy).route(at(f"https://{name}/x"))
    assert "NO_PROXY" in (caught.value.hint or "")


def test_behind_a_proxy_others_and_the_trusted_one_go_through_it() -> None:
    guard = Guard([HUB], (), by_proxy)
    assert guard.route(at(f"{HUB}/x")) == Route(PROXY, pinned=False)
    assert guard.route(at("https://cdn.example/x")) == Route(PROXY, pinned=False)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("https://hub.example/", "http://cdn.example/"), ("https://hub.example/", "http://hub.example/"),
        ("https://cdn.example/", "http://other.example/"), ("http://a/", "http://user@cdn.example/"),
        ("http://a/", "http://user:secret@cdn.example/"), ("http://a/", "http://:secret@cdn.example/"),
        ("http://a/", "http://8.8.8.8:80@127.0.0.1/"), ("http://u:p@a/", "http://u:p@b/"),
        ("http://u:p@a/", "http://v:p@a/"), ("http://a/", "http://user@a/"),
    ],
)  # fmt: skip
def test_hops_that_nobody_takes(here: str, there: str) -> None:
    with pytest.raises(AddressRefused):
        guard_of("https://hub.example").check_hop(at(here), at(there))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("https://a.example/", "https://b.example/"), ("http://a.example/", "https://b.example/"),
        ("http://a.example/", "http://b.example/"), ("https://a.example/", "http://127.0.0.1:8080/"),
        ("http://u:p@a/", "http://u:p@a/b"),
    ],
)  # fmt: skip
def test_hops_that_are_fine(here: str, there: str) -> None:
    guard_of(HUB).check_hop(at(here), at(there))
