"""The OpenAPI document is complete, and the depot does what it says: schemathesis asks every route of a real server."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err, Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from steelyard.client import Client
from steelyard.testing.hub import Blob
from steelyard.testing.hub.thread import HubThread
from steelyard.testing.process import DepotProcess

AnyOperation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
NEGATIVE = GenerationMode.NEGATIVE
_EXAMPLES = 9
_CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance, negative_data_rejection, unsupported_method,
]  # fmt: skip
_ENDLESS = ("/api/v1/stream",)  # schemathesis reads answers to their end


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DepotProcess]:
    """A server of its own, with one model on the shelf."""
    with HubThread() as hub:
        hub.add("org/small", {"config.json": b'{"model_type": "bert"}', "model.onnx": Blob(4000)})
        with DepotProcess(tmp_path_factory.mktemp("openapi") / "home", hub.url) as depot:
            yield depot


@pytest.fixture(scope="module")
def real(depot: DepotProcess) -> dict[str, str]:
    """Names and ids of things that are there, by the parameters that take them."""
    with Client(depot.url, user="alice", environ={}) as client:
        answer = client.pull("org/small")
        job_id = answer["job_id"] or ""
        list(client.jobs.watch(job_id))
    return {
        "reference": "org/small", "job_id": job_id, "task_id": answer["task_id"], "username": "alice",
        "vpn_ip": "127.0.0.1",
    }  # fmt: skip


@pytest.fixture(scope="module")
def api(depot: DepotProcess) -> OpenApiSchema:
    """The document as the server gives it."""
    found = schemathesis.openapi.from_url(f"{depot.url}/openapi.json").exclude(path=list(_ENDLESS))
    assert isinstance(found, OpenApiSchema)
    return found


@pytest.fixture(scope="module")
def document(depot: DepotProcess) -> dict[str, Any]:
    """The same, as plain JSON."""
    return dict(schemathesis.openapi.from_url(f"{depot.url}/openapi.json").raw_schema)


@pytest.mark.parametrize("methods", [("GET",), ("POST", "PUT", "PATCH", "DELETE")], ids=["reads", "writes"])
def test_the_depot_does_what_the_document_says(
    api: OpenApiSchema, real: dict[str, str], methods: tuple[str, ...]
) -> None:
    faults = [
        f"{operation.label}: {fault}"
        for result in api.include(method=list(methods)).get_all_operations()
        for operation in [_sound(result)]
        for fault in _faults_of(operation, real)
    ]
    assert not faults, "\n\n".join(faults)


def _sound(result: Ok[AnyOperation] | Err[InvalidSchema]) -> AnyOperation:
    assert isinstance(result, Ok), "a route is not valid OpenAPI"
    return result.ok()


def _faults_of(operation: AnyOperation, real: dict[str, str]) -> list[str]:
    """Ask one route with good and bad data, half of the good ones about things that are there; what it did wrong."""
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, NEGATIVE))

    @given(case=strategies.one_of(good, good.map(lambda case: _about(case, real)), bad))
    @settings(
        max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: AnyCase) -> None:
        case.call_and_validate(checks=_CHECKS)

    try:
        ask()
    except (FailureGroup, AssertionError) as fault:
        return [str(fault)]
    return []


def _about(case: AnyCase, real: dict[str, str]) -> AnyCase:
    given_names = case.path_parameters or {}
    case.path_parameters = {name: real.get(name, value) for name, value in given_names.items()}
    return case


def test_every_route_says_what_it_is_and_what_it_answers(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert operation.get("tags"), where
            good = [answer for code, answer in operation["responses"].items() if code < "3"]
            assert good, where
            for answer in good:
                for media, content in answer.get("content", {}).items():
                    if media == "application/json":
                        assert content["schema"].get("$ref"), f"{where} does not say the shape of its answer"


def test_every_parameter_and_field_of_a_body_is_described(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), f"{method} {path}: {parameter['name']}"


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            errors = {code: answer for code, answer in operation["responses"].items() if code >= "4"}
            assert "default" in errors
            for code, answer in errors.items():
                assert code == "503" or list(answer["content"]) == ["application/problem+json"]


def test_every_shape_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    """Two classes of one name would stand there with their modules' paths, such as ``steelyard__advice__shapes__…``."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []
