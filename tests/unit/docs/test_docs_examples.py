"""What the pages tell people to type exists: commands, options, settings, names of the SDK, words of make."""

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path

import pytest
from typer.core import TyperGroup

from steelyard.cli.lazy import LazyCommands
from steelyard.cli.main import COMMANDS
from steelyard.core.version import __version__
from steelyard.settings import FILE_NAME, load, unknown_variables

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
GLOBAL_OPTIONS = {"--url", "--token", "--user", "--version", "--help"}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """The code blocks in a language, with the page of each."""
    for page in PAGES:
        for found, text in _BLOCK.findall(page.read_text("utf-8")):
            if found == language:
                yield page.relative_to(ROOT).as_posix(), text


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """The words after ``steelyard`` in every shell block and every inline command."""
    for page, text in blocks("sh"):
        for line in text.splitlines():
            if re.search(r"(^|[\s/])steelyard ", line):
                yield page, _after_program(shlex.split(line, comments=True))
    for page_path in PAGES:
        text = _BLOCK.sub("", page_path.read_text("utf-8"))
        for inline in re.findall(r"`(steelyard [a-z][^`]*)`", text):
            yield page_path.name, shlex.split(inline)[1:]


def _after_program(words: list[str]) -> list[str]:
    """The words after the program when the line runs ours, with or without variables before it."""
    run = list(dropwhile(lambda word: re.match(r"[A-Z_]+=", word), words))
    return run[1:] if run and Path(run[0]).name == "steelyard" else []


LINES = [(page, words) for page, words in command_lines() if words]


def test_there_are_commands_to_check() -> None:
    assert {words[0] for _, words in LINES} >= {"serve", "pull", "ls", "show", "jobs", "history", "stats", "config"}


@pytest.mark.parametrize(("page", "words"), LINES, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_every_command_exists_with_its_options(page: str, words: list[str]) -> None:
    assert words[0] in COMMANDS, f"{page}: there is no command {words[0]!r}"
    command = LazyCommands(COMMANDS)[words[0]]
    rest = words[1:]
    if isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"{page}: steelyard {words[0]} has no command {rest[0]!r}"
        command = command.commands[rest[0]]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = {word for word in rest if word.startswith("--")} - known - GLOBAL_OPTIONS
    assert unknown == set(), f"{page}: steelyard {words[0]} has no option {unknown}"


def test_every_variable_is_a_setting() -> None:
    named = {name for page in PAGES for name in re.findall(r"STEELYARD_[A-Z_]*[A-Z]", page.read_text("utf-8"))}
    assert named
    assert unknown_variables(dict.fromkeys(named, "")) == []


def test_every_setting_in_backticks_exists(tmp_path: Path) -> None:
    known = {origin.name for origin in load({"STEELYARD_HOME": str(tmp_path)}).origins()}
    areas = "|".join({name.partition(".")[0] for name in known if "." in name})
    named = {name for page in PAGES for name in re.findall(rf"`((?:{areas})\.[a-z_]+)`", page.read_text("utf-8"))}
    files = {name for name in named if name.endswith((".py", ".md"))}
    assert named - files - known == set()


@pytest.mark.parametrize(("page", "text"), [*blocks("toml")])
def test_every_settings_file_can_be_used(tmp_path: Path, page: str, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    loaded = load({"STEELYARD_HOME": str(tmp_path)})
    assert FILE_NAME in loaded.sources.values(), page


@pytest.mark.parametrize(("page", "text"), [*blocks("python")])
def test_python_examples_use_names_that_exist(page: str, text: str) -> None:
    tree = ast.parse(text)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imported if (node.module or "").split(".")[0] == "steelyard"]
    names = {(str(node.module), alias.name) for node in ours for alias in node.names}
    used = {("steelyard", name) for name in _attributes_of(tree, "steelyard")}
    assert names or used or "steelyard" not in text, page  # some are about other programs
    for module, name in names | used:
        assert name in importlib.import_module(module).__all__, f"{page}: {module} has no {name}"


def _attributes_of(tree: ast.Module, name: str) -> set[str]:
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    return {node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id == name}


def test_every_word_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"\bmake ([a-z-]+)`", page.read_text("utf-8"))}
    assert named - targets == set()


def test_the_readme_names_the_test_command() -> None:
    assert "`make test`" in (ROOT / "README.md").read_text("utf-8")


def test_the_changelog_has_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]" in text
    assert f"## [{__version__}] - " in text


def test_every_source_file_that_is_named_exists() -> None:
    named = {
        (page.relative_to(ROOT).as_posix(), path)
        for page in PAGES
        for path in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|toml))`", page.read_text("utf-8"))
    }
    missing = [
        (page, path)
        for page, path in named
        if not any((ROOT / base / path).exists() for base in ("", "src", "src/steelyard"))
    ]
    assert missing == []
