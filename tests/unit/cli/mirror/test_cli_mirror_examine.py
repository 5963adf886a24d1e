"""A mirror as it should be, and one broken thing at a time."""

from collections.abc import Callable

import httpx2
import pytest

from steelyard.cli.mirror.finding import Finding
from steelyard.cli.mirror.observed import Observed
from tests.unit.cli.mirror.hostile_depot import (
    MODEL,
    PUBLIC,
    HostileDepot,
    changed,
    compressed,
    resolves,
    rewritten,
)

Findings = Callable[..., dict[str, Finding]]
Look = Callable[..., Observed]


def wrong(found: dict[str, Finding], level: str = "error") -> set[str]:
    return {name for name, finding in found.items() if finding.level == level}


def test_a_healthy_mirror_has_no_fault(depot: HostileDepot, findings: Findings) -> None:
    depot.hub.tokens.add("sy_alice")
    depot.me = {"username": "alice", "identified_by": "account"}
    found = findings(environ={"HF_TOKEN": "sy_alice", "HF_ENDPOINT": depot.base})

    assert {name: finding.level for name, finding in found.items()} == dict.fromkeys(
        ("reachable", "mirror", "token", "HF_ENDPOINT", "redirects", "error codes", "model", "xet", "links", "headers",
         "ranges", "compression", "time-outs", "buffering"), "ok")  # fmt: skip
    assert {finding.remedy for finding in found.values()} == {None}
    assert "a Steelyard depot" in found["mirror"].detail
    assert MODEL in found["model"].detail


def test_every_finding_that_is_not_fine_says_what_to_do(depot: HostileDepot, findings: Findings) -> None:
    depot.hub.announce_xet = True
    depot.after = lambda request, response: compressed(response) if resolves(request) else response
    found = findings()

    assert len(wrong(found)) >= 2
    assert [name for name, finding in found.items() if (finding.remedy is None) != (finding.level == "ok")] == []


def test_it_asks_little_and_changes_nothing(depot: HostileDepot, look: Look) -> None:
    look()

    assert len(depot.asked) <= 25
    assert {request.method for request in depot.asked} == {"GET", "HEAD", "POST"}
    assert {request.url.path for request in depot.asked if request.method == "POST"} == {
        path for request in depot.asked if "/paths-info/" in (path := request.url.path)
    }


@pytest.mark.parametrize(
    ("stored", "said"), [([], "has none yet"), (["config.json", "card/README.md"], "1 of them not on the depot")]
)
def test_nothing_large_is_fetched_that_the_depot_does_not_have(
    depot: HostileDepot, findings: Findings, stored: list[str], said: str
) -> None:
    depot.stored = stored
    found = findings()

    assert said in found["model"].detail
    assert not [request for request in depot.asked if resolves(request) and "safetensors" in request.url.path]


def test_the_largest_file_that_is_there_is_read_in_part(depot: HostileDepot, findings: Findings) -> None:
    findings()

    asked = [request for request in depot.asked if request.url.path.endswith(".safetensors")]
    assert {request.headers.get("range") for request in asked} >= {"bytes=0-0", f"bytes=0-{(3 << 20) - 1}"}


@pytest.mark.parametrize("of", ["tree", "paths-info", "HEAD"])
def test_xet_leaks(depot: HostileDepot, findings: Findings, of: str) -> None:
    depot.hub.announce_xet = True

    def others_clean(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if f"/{of}/" in request.url.path or request.method == of:
            return response
        if resolves(request):
            return changed(response, drop="x-xet", link="")
        listed = any(f"/{call}/" in request.url.path for call in ("tree", "paths-info"))
        return rewritten(response, _without_xet) if listed else response

    depot.after = others_clean
    found = findings()

    assert wrong(found) == {"xet"}
    assert {"tree": "the tree", "HEAD": "x-xet-hash"}.get(of, of) in found["xet"].detail
    assert "HF_HUB_DISABLE_XET=1" in (found["xet"].remedy or "")


def test_ranges_that_are_dropped(depot: HostileDepot, findings: Findings) -> None:
    depot.before = lambda request: _without(request, "range")
    found = findings()

    assert "ranges" in wrong(found)
    assert "Range is dropped" in found["ranges"].detail


def test_if_range_that_is_dropped(depot: HostileDepot, findings: Findings) -> None:
    depot.before = lambda request: _without(request, "if-range")

    assert "If-Range is not honoured" in findings()["ranges"].detail


def test_a_part_that_is_another_one(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        changed(response, content_range="bytes 0-0/17") if response.status_code == 206 else response
    )

    assert "Content-Range 'bytes 0-0/17'" in findings()["ranges"].detail


def test_compression_of_weights_is_an_error(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        compressed(response) if resolves(request) and request.method == "GET" else response
    )
    found = findings()

    assert found["compression"].level == "error"
    assert "model.safetensors comes compressed (gzip)" in found["compression"].detail


def test_compression_of_text_is_a_warning(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        compressed(response) if request.url.path.endswith(".md") and request.method == "GET" else response
    )

    assert findings()["compression"].level == "warning"


def test_files_without_their_length(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        changed(response, drop="content-length") if resolves(request) and request.method == "GET" else response
    )

    assert "without its length" in findings()["compression"].detail


def test_links_that_lead_elsewhere(depot: HostileDepot, findings: Findings) -> None:
    depot.prefix = "/lab"
    depot.after = lambda request, response: (
        changed(response, link=response.headers["link"].replace("/lab", "")) if "link" in response.headers else response
    )
    found = findings()

    assert wrong(found) == {"links"}
    assert found["links"].remedy == f"On the depot: STEELYARD_SERVER__PUBLIC_URL={PUBLIC}/lab"


def test_links_that_stay_under_a_prefix(depot: HostileDepot, findings: Findings) -> None:
    depot.prefix = "/lab"

    assert wrong(findings()) == set()


@pytest.mark.parametrize("header", ["x-repo-commit", "etag", "content-length"])
def test_headers_that_are_stripped(depot: HostileDepot, findings: Findings, header: str) -> None:
    drops = {"etag": ("etag", "x-linked"), "content-length": ("content-length", "x-linked")}.get(header, (header,))
    depot.after = lambda request, response: _dropping(response, drops) if request.method == "HEAD" else response
    found = findings()

    assert "headers" in wrong(found)
    assert "missing" in found["headers"].detail


def test_headers_that_do_not_tell_the_truth(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        changed(response, etag='"another"', x_linked_etag='"another"', x_linked_size="1", x_repo_commit="f" * 40)
        if resolves(request)
        else response
    )
    detail = findings()["headers"].detail

    assert "X-Repo-Commit is ffffffffffff" in detail
    assert "ETag is not the hash in the tree" in detail
    assert "the size is 1" in detail


def test_weak_etags(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        changed(response, etag=f"W/{response.headers['etag']}") if "etag" in response.headers else response
    )

    assert findings()["headers"].level == "warning"


def test_files_left_to_an_nginx_that_is_not_there(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        changed(response, x_accel_redirect="/steelyard-files/x") if resolves(request) else response
    )
    found = findings()

    assert found["accel"].level == "error"
    assert "STEELYARD_MIRROR__ACCEL_REDIRECT" in (found["accel"].remedy or "")


def test_errors_without_their_codes(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: changed(response, drop="x-error") if response.is_error else response
    found = findings()

    assert wrong(found) == {"error codes"}
    assert "X-Error-Code" in found["error codes"].detail


def test_a_hub_that_is_away_is_no_fault_of_the_mirror(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: (
        httpx2.Response(504, json={"error": "the hub is away"}) if "no-such-model" in request.url.path else response
    )
    found = findings()

    assert wrong(found) == set()
    assert found["error codes"].level == "warning"
    assert "the hub is away" in found["error codes"].detail


def test_a_depot_that_breaks(depot: HostileDepot, findings: Findings) -> None:
    depot.after = lambda request, response: httpx2.Response(500) if "no-such-file" in request.url.path else response

    assert wrong(findings()) == {"error codes"}


def test_files_that_come_from_elsewhere(depot: HostileDepot, findings: Findings) -> None:
    depot.before = lambda request: (
        httpx2.Response(302, headers={"location": "https://cdn.example.org/x"}) if resolves(request) else request
    )

    assert "https://cdn.example.org" in findings()["redirects"].detail


def test_everything_goes_on_to_https(depot: HostileDepot, findings: Findings) -> None:
    depot.before = lambda request: httpx2.Response(
        301, headers={"location": str(request.url.copy_with(scheme="https"))}
    )
    found = findings()

    assert found["redirects"].remedy == f"Use https: HF_ENDPOINT=https://{PUBLIC.partition('://')[2]}/hf"
    assert "mirror" not in found


def test_a_proxy_that_cuts_large_answers_off(depot: HostileDepot, findings: Findings) -> None:
    def cut(request: httpx2.Request) -> httpx2.Request | httpx2.Response:
        if request.headers.get("range", "").startswith("bytes=0-3"):
            raise httpx2.ReadError("peer closed")
        return request

    depot.before = cut

    assert "broke off" in findings()["buffering"].detail


def test_files_beyond_50_gb(depot: HostileDepot, findings: Findings) -> None:
    huge = {"type": "file", "path": "huge.gguf", "size": 60 * 1000**3, "oid": "a" * 40}
    depot.after = lambda request, response: (
        rewritten(response, lambda rows: [*rows, huge])
        if "recursive=true&expand" in str(request.url.query)
        else response
    )

    assert "huge.gguf has 60.0 GB" in findings()["large files"].detail


def test_a_shelf_with_nothing_to_try(depot: HostileDepot, findings: Findings) -> None:
    depot.ready = []
    found = findings()

    assert wrong(found) == set()
    assert found["model"].level == "warning"
    assert "--model" in (found["model"].remedy or "")


def test_a_model_that_the_mirror_does_not_show(findings: Findings) -> None:
    found = findings(model="org/absent")

    assert found["model"].level == "error"
    assert "RepoNotFound" in found["model"].detail


def _without_xet(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "xetHash"} for row in rows]


def _without(request: httpx2.Request, header: str) -> httpx2.Request:
    headers = {name: value for name, value in request.headers.items() if name != header}
    return httpx2.Request(request.method, request.url, headers=headers, content=request.read())


def _dropping(response: httpx2.Response, headers: tuple[str, ...]) -> httpx2.Response:
    for header in headers:
        response = changed(response, drop=header)
    return response
