"""What this machine's environment makes of clients, time-outs included."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from steelyard.cli.mirror import waiting
from steelyard.cli.mirror.answer import Answer
from steelyard.cli.mirror.finding import Finding
from steelyard.cli.mirror.observed import Observed
from steelyard.cli.mirror.seat import Seat
from tests.unit.cli.mirror.hostile_depot import HostileDepot

Findings = Callable[..., dict[str, Finding]]
Look = Callable[..., Observed]


@pytest.mark.parametrize(("value", "level"), [("", "ok"), ("/", "ok"), ("x", "warning")])
def test_the_endpoint(depot: HostileDepot, findings: Findings, value: str, level: str) -> None:
    assert findings(environ={"HF_ENDPOINT": depot.base + value})["HF_ENDPOINT"].level == level


def test_no_endpoint(depot: HostileDepot, findings: Findings) -> None:
    found = findings()["HF_ENDPOINT"]

    assert found.remedy == f"export HF_ENDPOINT={depot.base}"


def test_a_password_in_the_environment_is_not_shown(findings: Findings) -> None:
    environ = {"HF_ENDPOINT": "http://a:geheim@x/hf", "HTTP_PROXY": "http://a:geheim@proxy:1"}
    found = findings(environ=environ)

    assert "geheim" not in str(found)
    assert "http://x/hf" in found["HF_ENDPOINT"].detail
    assert "proxy:1" in found["proxy"].detail


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"])
def test_offline(findings: Findings, variable: str) -> None:
    found = findings(environ={variable: "1"})["offline"]

    assert (found.level, found.remedy) == ("warning", f"unset {variable}")


def test_variables_that_do_nothing_here(findings: Findings) -> None:
    found = findings(environ={"HF_HUB_ENABLE_HF_TRANSFER": "true", "HF_HUB_DISABLE_XET": "1"})

    assert found["hf_transfer"].level == "warning"
    assert found["disable xet"].level == "ok"
    assert "offline" not in found


@pytest.mark.parametrize(
    ("head", "get", "environ", "levels"),
    [
        (1.0, 1.0, {}, ["ok"]),
        (6.0, 1.0, {}, ["warning"]),
        (12.0, 11.0, {}, ["error", "error"]),
        (12.0, 1.0, {"HF_HUB_ETAG_TIMEOUT": "60"}, ["ok"]),
        (1.0, 4.0, {"HF_HUB_DOWNLOAD_TIMEOUT": "3"}, ["error"]),
        (1.0, 1.0, {"HF_HUB_ETAG_TIMEOUT": "2.5"}, ["error"]),
        (1.0, 1.0, {"HF_HUB_ETAG_TIMEOUT": "0"}, ["ok"]),
    ],
)
def test_time_outs(look: Look, head: float, get: float, environ: dict[str, str], levels: list[str]) -> None:
    seen = replace(_slowed(look(), head, get), seat=Seat(environ))

    assert [finding.level for finding in waiting.check(seen)] == levels


def _slowed(seen: Observed, head: float, get: float) -> Observed:
    assert seen.model is not None
    slow = seen.model.look_large
    assert slow is not None
    assert isinstance(slow.head, Answer)
    assert isinstance(slow.get, Answer)
    look = replace(
        slow,
        head=replace(slow.head, headers_after=head),
        get=replace(slow.get, headers_after=get, first_byte_after=get),
    )
    return replace(seen, model=replace(seen.model, look_large=look))
