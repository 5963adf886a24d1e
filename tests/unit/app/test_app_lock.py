"""``requirements.lock`` pins what the product needs: every direct need, in a version that is allowed, with hashes."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PINNED = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>[^\s;]+)", re.MULTILINE)


def test_every_need_is_pinned_in_a_version_that_is_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["postgres"])]
    pinned = {canonicalize_name(found["name"]): found["version"] for found in PINNED.finditer(_lock())}
    for need in needs:
        version = pinned.get(canonicalize_name(need.name))
        assert version is not None, f"{need.name} is not pinned: run make lock"
        assert need.specifier.contains(version, prereleases=True), f"{need} against {version}: run make lock"


def test_every_pin_has_hashes() -> None:
    pins = re.split(r"\n(?=[\w])", _lock().strip())
    assert len(pins) > 40
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def _lock() -> str:
    return (ROOT / "requirements.lock").read_text()
