"""The real process: what it must not import, and how it copes with its surroundings."""

import json
import os
import subprocess
import sys

import pytest

_SCRIPT = """
import sys
from steelyard.cli.main import run
code = run(["--url", "http://127.0.0.1:9", {argv}])
heavy = {{"pydantic", "fastapi", "sqlalchemy", "rich", "aiohttp", "jinja2"}} & set(sys.modules)
print(code, sorted(heavy))
"""


@pytest.mark.parametrize(
    "argv",
    [
        '"ls", "--query", "gpt", "--limit", "5"',
        '"jobs", "show", "j1"',
        '"pull", "gpt2"',
        '"chat", "gpt2", "hi", "--temperature", "0"',
    ],
)
def test_a_command_imports_nothing_heavy(argv: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(argv=argv)], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "3 []\n"


def test_a_stream_that_knows_only_ascii() -> None:
    script = (
        "from steelyard.cli.desk import standard_desk\n"
        "desk = standard_desk(); desk.print('é –'); desk.json({'name': 'é'}); desk.notice('é')"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60, env=environment
    )

    said, _, payload = done.stdout.partition("\n")
    assert said == "? ?"
    assert json.loads(payload) == {"name": "é"}


def test_a_reader_that_leaves_early_gets_no_trace() -> None:
    script = "import sys; from steelyard.cli.main import run; sys.exit(run(['--version']))"

    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
