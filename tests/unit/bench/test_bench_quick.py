"""The bench runs through, tells every figure, and keeps them; what it measures is no matter for a test."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench import nginx
from bench.figure import Figure, Verdict
from bench.scale import QUICK
from bench.shelf import EXPORTED, questions
from bench.usage import routes

ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(400)  # it starts two dozen servers and clients
def test_quick_run_tells_every_figure(tmp_path: Path) -> None:
    kept = tmp_path / "results" / "figures.json"
    command = [sys.executable, "-m", "bench", "--quick", "--json", str(kept)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = [figure["name"] for figure in json.loads(kept.read_text())["figures"]]
    at_scale = 2 * len(questions(QUICK)) + 2 * len(EXPORTED) * 2
    served = 5 if nginx.is_installed() else 1
    numbers = 2 * len(routes("m", "p", "a")) + 10 + (2 if find_spec("duckdb") else 0)
    first_words = 3 if find_spec("xllamacpp") else 0
    assert len(names) == 60 + first_words + numbers + len(("sqlite", "postgresql")) * at_scale + served
    assert all(name in done.stdout for name in names)


def test_a_figure_is_judged_by_its_median() -> None:
    assert Figure("ratio", "x", (0.1, 1.2, 1.1), at_least=1.0).verdict is Verdict.MET
    assert Figure("ratio", "x", (0.1, 0.9, 5.0), at_least=1.0).verdict is Verdict.MISSED
    assert Figure("start", "s", (1.0, 1.7, 9.0), below=1.8).verdict is Verdict.MET
    assert Figure("start", "s", (1.8,), below=1.8).verdict is Verdict.MISSED
    assert Figure("rate", "events/s", (1.0,)).verdict is Verdict.NONE
