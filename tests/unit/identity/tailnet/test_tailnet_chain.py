"""One after the other, as the settings name them; and what all of them promise."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from steelyard.identity.tailnet.chain import WhoisChain, open_whois, share
from steelyard.identity.tailnet.models import TailnetPerson, Whois
from steelyard.identity.tailnet.settings import TailnetSettings
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.headscale import StubHeadscale
from steelyard.testing.tailscaled import StubProfile, StubTailscaled
from steelyard.testing.whois import FakeWhois
from tests.unit.identity.tailnet.conftest import V4, V6, OpenHeadscale, OpenTailscale

ALICE, BOB = TailnetPerson("7", "alice"), TailnetPerson("8", "bob")


async def test_the_first_that_knows_says_so() -> None:
    first, second = FakeWhois({V4: ALICE}), FakeWhois({V4: BOB, V6: BOB})
    chain = WhoisChain([first, second])
    assert [await chain.person(one) for one in (V4, V6, "100.64.0.8")] == [ALICE, BOB, None]
    assert second.asked == [V6, "100.64.0.8"]


async def test_closes_all() -> None:
    both = FakeWhois(), FakeWhois()
    await WhoisChain(both).close()
    assert [one.is_closed for one in both] == [True, True]


def test_settings_that_name_nobody_open_nothing(clock: HandClock) -> None:
    assert open_whois(TailnetSettings(), clock) is None


@pytest.fixture
def both(headscale: StubHeadscale, tailscaled: StubTailscaled) -> TailnetSettings:
    """Settings that name both stand-ins."""
    return TailnetSettings.model_validate(
        {
            "tailscale": True,
            "tailscale_socket": tailscaled.socket,
            "headscale_url": headscale.url,
            "headscale_api_key": headscale.api_key,
        }
    )


@pytest.fixture
async def chain(both: TailnetSettings, clock: HandClock) -> AsyncIterator[Whois]:
    """Both, as the depot opens them."""
    whois = open_whois(both, clock)
    assert whois is not None
    yield whois
    await whois.close()


async def test_nothing_is_asked_before_the_first_request(
    chain: Whois, headscale: StubHeadscale, tailscaled: StubTailscaled
) -> None:
    await asyncio.sleep(0)
    assert headscale.requests == tailscaled.requests == []


async def test_opened_from_settings_both_are_asked(chain: Whois, tailscaled: StubTailscaled, clock: HandClock) -> None:
    tailscaled.people[V6] = StubProfile(8, "bob")

    async def knows(address: str, person: TailnetPerson) -> bool:
        clock.forward(minutes=2)  # a busy machine may need more than one budget
        return await chain.person(address) == person

    await eventually(lambda: knows(V6, BOB))
    await eventually(lambda: knows(V4, ALICE))


async def test_when_both_hang_the_request_goes_on(
    chain: Whois, headscale: StubHeadscale, tailscaled: StubTailscaled
) -> None:
    headscale.held, tailscaled.held = asyncio.Event(), asyncio.Event()
    assert await chain.person(V4) is None
    assert headscale.answered == 0


def test_all_of_them_together_wait_no_longer_than_is_promised(both: TailnetSettings) -> None:
    assert share(TailnetSettings(tailscale=True)) <= 0.3
    assert share(both.model_copy(update={"tailscale": False})) <= 0.3
    assert 2 * share(both) <= 0.3


async def test_a_person_is_the_same_whoever_says_so(
    tailscaled: StubTailscaled, ask_headscale: OpenHeadscale, ask_tailscale: OpenTailscale, clock: HandClock
) -> None:
    tailscaled.people[V4] = StubProfile(7, "alice@example.org")
    chain = WhoisChain([ask_tailscale(), ask_headscale()])
    by_tailscaled = await chain.person(V4)
    tailscaled.status = 403
    clock.forward(hours=1)
    by_headscale = await chain.person(V4)
    assert (by_tailscaled, by_headscale) == (TailnetPerson("7", "alice@example.org"), ALICE)


@pytest.fixture(params=["fake", "headscale", "tailscale", "chain"])
def any_whois(request: pytest.FixtureRequest, ask_headscale: OpenHeadscale, ask_tailscale: OpenTailscale) -> Whois:
    """Each of those who know; Alice has V4 and V6."""
    request.getfixturevalue("tailscaled").people = dict.fromkeys((V4, V6), StubProfile(7, "alice"))
    fake = FakeWhois({V4: ALICE, V6: ALICE})
    makers: dict[str, Callable[[], Whois]] = {
        "fake": lambda: fake, "headscale": ask_headscale, "tailscale": ask_tailscale,
        "chain": lambda: WhoisChain([ask_tailscale(), ask_headscale()]),
    }  # fmt: skip
    return makers[request.param]()


async def test_all_of_them_know_a_person_by_any_spelling(any_whois: Whois) -> None:
    found = [await any_whois.person(one) for one in (V4, V6, V6.upper(), f"::ffff:{V4}")]
    assert [(person.subject, person.name) for person in found if person] == [("7", "alice")] * 4


@pytest.mark.parametrize("address", ["100.64.0.8", "192.0.2.1", "127.0.0.1", "", "unknown", f"{V4}:80", "x" * 10_000])
async def test_all_of_them_know_nobody_elsewhere(any_whois: Whois, address: str) -> None:
    assert await any_whois.person(address) is None


async def test_all_of_them_may_be_closed_unused_and_twice(any_whois: Whois) -> None:
    await any_whois.close()
    await any_whois.close()
