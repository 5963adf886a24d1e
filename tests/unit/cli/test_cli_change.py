"""``set`` and ``pin``: only what is given travels."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

Shell = Callable[..., CompletedProcess[str]]
PATH = "PATCH /api/models/org/name"
MODEL = {
    "model": "org/name", "name": "Chat", "description": None, "tags": ["a"], "pinned": True, "private": False,
    "active": False, "aliases": ["chat"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "body"),
    [
        (("--pin",), {"pinned": True}),
        (("--unpin", "--public"), {"pinned": False, "private": False}),
        (("--inactive",), {"status": "inactive"}),
        (("--name", "Chat", "--description", ""), {"name": "Chat", "description": None}),
        (("--tag", "a", "--tag", "b"), {"tags": ["a", "b"]}),
        (("--no-tags", "--no-aliases"), {"tags": [], "aliases": []}),
        (("--alias", "chat"), {"aliases": ["chat"]}),
    ],
)
def test_only_what_is_given_travels(shell: Shell, argv: tuple[str, ...], body: object) -> None:
    done = shell({PATH: MODEL}, "set", "org/name", *argv)
    assert json.loads(done.args[0].content) == body
    assert done.stderr == "org/name is changed.\n"
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["Chat", "a", "chat", "inactive"]


def test_nothing_to_change_is_wrong_usage(shell: Shell) -> None:
    assert shell({PATH: MODEL}, "set", "org/name").returncode == 2
    assert shell({PATH: MODEL}, "set", "org/name", "--tag", "a", "--no-tags").returncode == 2


def test_pin_and_its_opposite(shell: Shell) -> None:
    bodies = [json.loads(shell({PATH: MODEL}, "pin", "org/name", *off).args[0].content) for off in ((), ("--off",))]
    assert bodies == [{"pinned": True}, {"pinned": False}]


def test_for_programs(shell: Shell) -> None:
    assert json.loads(shell({PATH: MODEL}, "pin", "org/name", "--json").stdout) == MODEL
