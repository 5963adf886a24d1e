"""Lines to copy."""

import ast
import json
import shlex
from typing import Any

import pytest

from steelyard.testing.pages import fake_model
from steelyard.web.view.use import snippets

ADDRESS = "https://models.example.org/depot"
GGUF = {"path": "m.Q4_K_M.gguf", "size": 1, "sha256": "a" * 64, "git_sha1": None, "state": "stored"}


def texts(**fields: Any) -> dict[str, str]:
    """The snippets of a model, by id."""
    return {one.id: one.text for one in snippets(fake_model(**fields), ADDRESS)}


def test_every_way_names_the_model_and_the_depot() -> None:
    found = texts()
    assert list(found) == ["use-store", "use-cli", "use-python", "use-curl"]
    assert all("org/name" in text for text in found.values())
    assert all(ADDRESS in text for name, text in found.items() if name != "use-store")


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "AutoModel.from_pretrained('org/name')"),
        ({"architecture": None}, "snapshot_download('org/name')"),
        ({"format": "gguf", "files": [GGUF]}, "hf_hub_download('org/name', 'm.Q4_K_M.gguf')"),
        ({"name": "datasets/org/name", "kind": "dataset"}, "load_dataset('org/name')"),
        ({"name": "spaces/org/name", "kind": "space"}, "snapshot_download('org/name', repo_type='space')"),
    ],
)
def test_without_a_server_each_kind_has_its_own_line(fields: dict[str, Any], line: str) -> None:
    given = dict(fields)
    model = fake_model(given.pop("name", "org/name"), **given)
    text = next(one.text for one in snippets(model, ADDRESS) if one.id == "use-store")
    assert line in text
    program = text.partition("<<'END'\n")[2].removesuffix("END")
    ast.parse(program)
    assert 'export HF_HUB_CACHE="$STORE/hub" HF_HUB_OFFLINE=1\npython' in text


def test_the_lines_can_be_read_by_what_they_are_for() -> None:
    found = texts()
    ast.parse(found["use-python"])
    words = shlex.split(found["use-curl"].partition("\ncurl -s https")[0].replace("\\\n", ""))
    assert json.loads(words[words.index("-d") + 1]) == {"model": "org/name"}
