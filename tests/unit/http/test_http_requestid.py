"""Request ids: in the answer, and in every line that is logged on its behalf."""

import io
import json
import logging
import uuid
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from steelyard.http import problems
from steelyard.http.logs import configure, formatter
from steelyard.http.requestid import RequestId
from steelyard.http.settings import ServerSettings

logger = logging.getLogger("steelyard.test.requestid")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(human=False))
    steelyard = logging.getLogger("steelyard")
    before = steelyard.level
    steelyard.addHandler(handler)
    steelyard.setLevel(logging.DEBUG)
    yield stream
    steelyard.removeHandler(handler)
    steelyard.setLevel(before)


@pytest.fixture
def client() -> Iterator[TestClient]:
    """An application that logs, and one that breaks."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(RequestId)

    @app.get("/hello")
    async def hello() -> None:
        logger.info("in the route", extra={"anvil": 3})

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("half way")

    @app.get("/health")
    async def health() -> None:
        return None

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_a_sane_id_is_taken_over(client: TestClient) -> None:
    assert client.get("/hello", headers={"X-Request-ID": "a-B_c.9"}).headers["x-request-id"] == "a-B_c.9"


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\tb", 'a"b', "ä", "<script>"])
def test_any_other_gets_a_new_one(client: TestClient, given: str) -> None:
    answered = client.get("/hello", headers={b"X-Request-ID": given.encode("latin-1")}).headers["x-request-id"]
    assert uuid.UUID(answered).version == 7


def test_every_line_of_a_request_has_its_id(client: TestClient, lines: io.StringIO) -> None:
    client.get("/hello", headers={"X-Request-ID": "one"})
    inside, access = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert (inside["event"], inside["request_id"], inside["anvil"]) == ("in the route", "one", 3)
    assert access | {"ms": 0, "timestamp": ""} == {
        "event": "request", "request_id": "one", "method": "GET", "path": "/hello", "status": 200, "ms": 0,
        "level": "info", "logger": "steelyard.access", "timestamp": "",
    }  # fmt: skip


def test_the_next_request_does_not_inherit_it(client: TestClient, lines: io.StringIO) -> None:
    client.get("/hello", headers={"X-Request-ID": "one"})
    logger.info("outside")
    assert "request_id" not in json.loads(lines.getvalue().splitlines()[-1])


def test_a_failure_is_logged_with_the_id_and_its_cause(client: TestClient, lines: io.StringIO) -> None:
    assert client.get("/broken", headers={"X-Request-ID": "two"}).headers["x-request-id"] == "two"
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert {line["request_id"] for line in logged} == {"two"}
    assert any("half way" in line.get("exception", "") for line in logged)
    assert logged[-1]["status"] == 500


def test_probes_are_quiet(client: TestClient, lines: io.StringIO) -> None:
    client.get("/health")
    assert json.loads(lines.getvalue())["level"] == "debug"


def test_lines_for_people_are_no_json(lines: io.StringIO) -> None:
    record = logging.LogRecord("steelyard.x", logging.WARNING, "", 0, "hello %s", ("you",), None)
    text = formatter(human=True).format(record)
    assert "hello you" in text
    assert not text.startswith("{")


@pytest.mark.parametrize(("chosen", "is_json"), [("json", True), ("auto", True), ("human", False)])
def test_every_logger_of_the_process_goes_to_one_stream(chosen: str, is_json: bool) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    try:
        configure(ServerSettings.model_validate({"log_format": chosen, "log_level": "info"}), stream)
        logging.getLogger("somebody.else").info("hello")
        logging.getLogger("alembic.runtime").info("chatter")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    [line] = stream.getvalue().splitlines()
    assert line.startswith("{") is is_json
    assert "hello" in line


def test_whose_history_was_asked_for_is_not_logged(client: TestClient, lines: io.StringIO) -> None:
    client.get("/api/v1/downloads/history/ip/192.0.2.7")
    [line] = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert line["path"] == "/api/v1/downloads/history/ip/…"


def test_where_somebody_sends_bytes_to_is_not_logged(client: TestClient, lines: io.StringIO) -> None:
    client.put("/u/alice/hf/api/lfs/secret-ticket")
    assert "secret-ticket" not in lines.getvalue()
    assert "/u/alice/hf/api/lfs/…" in [json.loads(text)["path"] for text in lines.getvalue().splitlines()]
