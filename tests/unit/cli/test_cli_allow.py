"""``allow``: what is sent, and what is said."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

Shell = Callable[..., CompletedProcess[str]]
PATH = "/api/models/org/name/allow"
DONE = {"model": "org/name", "status": "ready"}


def test_a_reason_lets_files_out_and_is_sent(shell: Shell) -> None:
    done = shell({f"POST {PATH}": DONE}, "allow", "org/name", "--reason", "our own")
    assert done.returncode == 0
    assert json.loads(done.args[0].content) == {"reason": "our own"}
    assert "`steelyard allow org/name --undo` puts them back" in done.stderr


def test_undo_puts_them_back(shell: Shell) -> None:
    done = shell({f"DELETE {PATH}": DONE}, "allow", "org/name", "--undo")
    assert done.stderr == "What was allowed of org/name is back in quarantine.\n"


@pytest.mark.parametrize("options", [(), ("--undo", "--reason", "x")])
def test_one_of_both_is_needed(shell: Shell, options: tuple[str, ...]) -> None:
    done = shell({}, "allow", "org/name", *options)
    assert (done.returncode, done.args) == (2, [])


def test_for_programs(shell: Shell) -> None:
    assert json.loads(shell({f"DELETE {PATH}": DONE}, "allow", "org/name", "--undo", "--json").stdout) == DONE
