"""What the tests of quotas and approvals do again and again, in a house where people sign in."""

from typing import Any

from steelyard.downloads.approvals.service import ApprovalService
from steelyard.downloads.quotas.models import Quota, Subject, SubjectKind
from steelyard.downloads.quotas.service import QuotaService, Standing
from steelyard.downloads.shapes import PullAnswer
from steelyard.identity.principal import Caller
from steelyard.testing.hub import StandInHub
from tests.flows.town import Town

BOB = Subject(SubjectKind.USER, "bob")
SIZE = 100_000


def three_models(hub: StandInHub) -> None:
    """``org/one``, ``org/two`` and ``org/three``, each of ``SIZE`` bytes."""
    for name in ("one", "two", "three"):
        hub.add(f"org/{name}", {"model.safetensors": name.encode() * (SIZE // len(name)) + b"." * (SIZE % len(name))})


def approvals(town: Town) -> ApprovalService:
    """The service of approvals."""
    depot = town.house.depot
    return ApprovalService(depot.database, depot.downloads, depot.signals, depot.clock, depot.settings.downloads)


async def caller(town: Town, who: str) -> Caller:
    """Somebody who shows a token."""
    scope = {
        "type": "http", "headers": [(b"authorization", f"Bearer {town.tokens[who]}".encode())],
        "client": ("127.0.0.1", 1),
    }  # fmt: skip
    return await town.house.depot.society.people.caller(scope)


def quotas(town: Town) -> QuotaService:
    """The service of quotas."""
    return QuotaService(town.house.depot.database, town.house.depot.clock)


async def limit(town: Town, subject: Subject = BOB, **given: Any) -> None:
    """Set a quota."""
    await quotas(town).set(await caller(town, "root"), subject, Quota(**given))


async def standing(town: Town, who: str) -> Standing:
    """How somebody stands."""
    return await quotas(town).mine(await caller(town, who))


async def pull(town: Town, who: str, model: str, **more: Any) -> dict[str, Any]:
    """Somebody asks for a model; the answer, which has the published shape."""
    status, answer = await town.ask(who, "POST", "/pull", json={"model": model, **more})
    assert status in {200, 202}, answer
    PullAnswer.model_validate(answer)
    return answer
