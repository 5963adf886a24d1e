"""What the reference says is what the code says."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from steelyard.testing import reference

ROOT = Path(__file__).parents[3]
PAGES = ("settings.md", "statuses.md", "errors.md", "routes.md")


@pytest.fixture(scope="module")
def fresh() -> Mapping[str, str]:
    return reference.pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_fresh(fresh: Mapping[str, str], name: str) -> None:
    committed = (ROOT / "docs" / "reference" / name).read_text("utf-8")
    assert committed == fresh[name], f"docs/reference/{name} is stale: run make docs and commit it"


def test_no_page_is_forgotten(fresh: Mapping[str, str]) -> None:
    assert set(fresh) == set(PAGES)


def test_every_slug_in_the_source_is_documented(fresh: Mapping[str, str]) -> None:
    source = ROOT / "src" / "steelyard"
    files = [path for path in source.rglob("*.py") if "testing" not in path.relative_to(source).parts]
    slugs = {slug for path in files for slug in re.findall(r'^    slug = "([a-z-]+)"', path.read_text(), re.MULTILINE)}
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", fresh["errors.md"], re.MULTILINE))
    assert slugs - documented == set()


def test_writes_the_pages(tmp_path: Path, fresh: Mapping[str, str]) -> None:
    folder = tmp_path / "new" / "reference"
    reference.write(folder, fresh)
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == fresh


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert reference.table(("A",), [("a|b",)]) == "| A |\n| --- |\n| a\\|b |"


def test_the_variable_of_a_setting() -> None:
    assert reference.variable("jobs.max_tries") == "STEELYARD_JOBS__MAX_TRIES"
