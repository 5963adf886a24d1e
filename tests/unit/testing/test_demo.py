"""The demo starts, shows its page, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from steelyard.client import Client
from steelyard.testing.demo.people import NAMES, WISHES
from steelyard.testing.demo.shelf import GATED, MODELS


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo with tiny models; its temporary folder is in ``tmp_path``."""
    command = [sys.executable, "-m", "steelyard.testing.demo", "--port", "0", "--scale", "0.001"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped_and_removes_its_folder(
    demo: subprocess.Popen[str], tmp_path: Path, sign: signal.Signals
) -> None:
    assert demo.stdout is not None
    url = next(word for word in demo.stdout.readline().split() if word.startswith("http://"))
    assert "ada asks for tide/tally-tiny: queued" in demo.stdout.readline()
    page = httpx2.get(url, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "tide/tally-tiny" in page.text
    with Client(url) as client:
        assert client.downloads.history(user="ada")["count"] == 1
    demo.send_signal(sign)
    said, _ = demo.communicate()
    assert demo.returncode == 0
    assert said.endswith("The demo has ended; its folder is gone.\n")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_every_wish_is_for_a_model_that_the_hub_offers_and_one_is_gated() -> None:
    assert {model for _, model in WISHES} == {model.name for model in MODELS}
    assert {name for name, _ in WISHES} == set(NAMES)
    assert [model.name for model in MODELS if model.gated] == [GATED]
