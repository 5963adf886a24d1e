"""A stand-in hub with one model, and a depot before it that can be made to misbehave."""

from collections.abc import Callable, Iterator, Mapping

import httpx2
import pytest

from steelyard.cli.mirror.asker import HttpAsker
from steelyard.cli.mirror.examine import examine
from steelyard.cli.mirror.finding import Finding
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.place import places
from steelyard.cli.mirror.seat import seat_of
from steelyard.cli.mirror.survey import observe
from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.content import Blob, Content
from steelyard.testing.hub.thread import HubThread
from tests.unit.cli.mirror.hostile_depot import MODEL, NONE, HostileDepot

Look = Callable[..., Observed]
Findings = Callable[..., dict[str, Finding]]


@pytest.fixture(scope="module")
def hub() -> Iterator[StandInHub]:
    with HubThread() as hub:
        files: dict[str, Content] = {
            "config.json": b'{"a": 1}',
            "model.safetensors": Blob(3 << 20),
            "card/README.md": b"# Tiny\n",
        }
        hub.add(MODEL, files)
        yield hub


@pytest.fixture
def depot(hub: StandInHub) -> Iterator[HostileDepot]:
    with httpx2.Client(trust_env=False) as http:
        yield HostileDepot(hub, http)
    hub.announce_xet = False
    hub.tokens.clear()
    hub.faults.clear()


@pytest.fixture
def look(depot: HostileDepot) -> Look:
    """``look(address, model=…, token=…, environ=…)``: everything seen of the depot."""

    def looked(
        address: str | None = None,
        *,
        model: str | None = None,
        token: str | None = None,
        environ: Mapping[str, str] = NONE,
    ) -> Observed:
        with HttpAsker(depot.transport) as asker:
            return observe(asker, seat_of(environ, token), places(address or depot.base), model)

    return looked


@pytest.fixture
def findings(look: Look) -> Findings:
    """The same, judged: what was found, by name."""

    def found(*args: object, **options: object) -> dict[str, Finding]:
        return {finding.name: finding for finding in examine(look(*args, **options))}

    return found
