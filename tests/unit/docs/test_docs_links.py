"""Links between pages lead somewhere, and every page can be reached."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def links(page: Path) -> Iterator[str]:
    """The relative targets of a page's links and pictures."""
    text = _CODE.sub("", page.read_text("utf-8"))
    return (target for target in _LINK.findall(text) if "://" not in target)


def anchors(page: Path) -> set[str]:
    """The fragments that headings make, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_resolves(page: Path) -> None:
    for link in links(page):
        target, _, fragment = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        assert place.exists(), f"{name(page)} links to {link}, which is not there"
        assert place.is_relative_to(ROOT), f"{name(page)} links out of the project: {link}"
        assert not fragment or fragment in anchors(place), f"{name(page)} links to {link}: no such heading"


def test_every_page_is_linked_from_somewhere() -> None:
    reached = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in links(page)}
    assert [name(page) for page in PAGES if page not in reached and page.name != "README.md"] == []


def test_every_decision_is_in_the_index_in_order() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert list(links(folder / "README.md")) == records
    assert [record[:4] for record in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert {path.name for path in pictures} >= {"library-light.png", "library-dark.png"}
    assert [path.name for path in pictures if path.stat().st_size > 250_000] == []
