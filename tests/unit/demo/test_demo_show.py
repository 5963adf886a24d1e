"""``steelyard demo`` serves made-up days, says that they are, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

SPOILED = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/real", "STEELYARD_AUTH": "required"}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo of two days; its temporary folder is in ``tmp_path``, and the environment means another depot."""
    command = [sys.executable, "-c", "from steelyard.cli.main import run; raise SystemExit(run())"]
    options = ["demo", "--port", "0", "--days", "2"]
    environment = os.environ | SPOILED | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_made_up_days_until_it_is_stopped_and_removes_its_folder(
    demo: subprocess.Popen[str], tmp_path: Path, sign: signal.Signals
) -> None:
    assert demo.stdout is not None
    assert demo.stdout.readline() == "Making up 2 days …\n"
    said = demo.stdout.readline()
    url = next(word for word in said.split() if word.startswith("http://"))
    assert "Everything in it is made up: 2 days, 23 models, 28 people" in said
    patient = httpx2.HTTPTransport(retries=20)
    with httpx2.Client(transport=patient, base_url=url) as web:
        assert "are made up" in web.get("/", headers={"Accept": "text/html"}).text
        assert web.get("/health").json()["demo"] is True
        assert web.get("/api/models").json()["count"] == 23
        numbers = web.get("/insights", headers={"Accept": "text/html"}).text
        assert "northwind/harbour-8b-GGUF" in numbers
        assert "Nobody has used a model" not in numbers
        used = web.get("/models/northwind/harbour-8b-GGUF", headers={"Accept": "text/html"}).text
        assert "Common parameters" in used
        assert web.get("/api/stats").json()["total_requests"] > 100
    demo.send_signal(sign)
    rest, _ = demo.communicate()
    assert demo.returncode == 0
    assert rest.endswith("The demo has ended; its folder is gone.\n")
    assert list(tmp_path.iterdir()) == []
