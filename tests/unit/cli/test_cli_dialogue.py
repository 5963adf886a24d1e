from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import httpx2
import pytest

from tests.unit.cli.test_cli_chat import READY, answer, last, piece, said, sent

Shell = Callable[..., CompletedProcess[str]]


def converse(shell: Shell, *answers: Any, keys: str, argv: tuple[str, ...] = (), **others: Any) -> Any:
    return shell({"POST /chat": [READY, *answers], **others}, "chat", "gpt2", *argv, terminal=True, keys=keys)


def test_the_model_is_loaded_first_and_hears_all_that_was_said(shell: Shell) -> None:
    done = converse(shell, answer(piece("1"), last("n")), answer(piece("2"), last("n")), keys="a\n\nb\n")

    assert (done.returncode, done.stdout) == (0, "1\n2\n")
    assert sent(done, 0) == {"model": "gpt2", "messages": []}
    assert said(done, 1) == [("user", "a")]
    assert said(done, 2) == [("user", "a"), ("assistant", "1"), ("user", "b")]
    assert done.stderr.count("Note: n\n") == 1


def test_the_instruction_comes_first_each_time(shell: Shell) -> None:
    done = converse(shell, answer(piece("1"), last()), answer(last()), answer(last()),
                    keys="a\nb\n/clear\nc\n", argv=("--system", "Be brief."))  # fmt: skip

    system = ("system", "Be brief.")
    assert said(done, 2) == [system, ("user", "a"), ("assistant", "1"), ("user", "b")]
    assert said(done, 3) == [system, ("user", "c")]


def test_a_session_is_remembered_by_the_depot(shell: Shell) -> None:
    done = converse(shell, answer(piece("1"), last()), answer(piece("2"), last()), keys="a\nb\n/clear\n",
                    argv=("--session", "trip"), **{"DELETE /api/v1/sessions/trip": httpx2.Response(204)})  # fmt: skip

    assert [said(done, number) for number in (1, 2)] == [[("user", "a")], [("user", "b")]]
    assert sent(done, 1)["session"] == "trip"
    assert "session" not in sent(done, 0)
    assert done.args[-1].method == "DELETE"


@pytest.mark.parametrize("is_known", [True, False])
def test_the_instruction_of_a_session_is_said_once(shell: Shell, is_known: bool) -> None:
    known = {"GET /api/v1/sessions/trip": {"session": "trip", "messages": []}} if is_known else {}

    done = converse(shell, answer(piece("1"), last()), answer(last()), keys="a\nb\n",
                    argv=("--session", "trip", "--system", "Be brief."), **known)  # fmt: skip

    system = [] if is_known else [("system", "Be brief.")]
    assert [said(done, number) for number in (-2, -1)] == [[*system, ("user", "a")], [("user", "b")]]
    assert ("--system is for new ones" in done.stderr) is is_known


def test_ctrl_c_stops_the_answer_and_not_the_conversation(shell: Shell) -> None:
    done = converse(shell, answer(piece("1 2"), interrupted=True), answer(piece("3"), last()), keys="a\nb\n")

    assert (done.returncode, done.stdout) == (0, "1 2\n3\n")
    assert "Stopped. Ctrl-C again leaves." in done.stderr
    assert said(done) == [("user", "a"), ("assistant", "1 2"), ("user", "b")]


def test_ctrl_c_twice_leaves(shell: Shell) -> None:
    done = converse(shell, answer(last()), keys="^C\na\n^C\n^C\nb\n")

    assert (done.returncode, len(done.args)) == (0, 2)
    assert done.stderr.count("Ctrl-C again, or Ctrl-D, leaves.") == 2


def test_ctrl_c_in_an_answer_and_again_leaves(shell: Shell) -> None:
    done = converse(shell, answer(piece("1"), interrupted=True), keys="a\n^C\nb\n")

    assert (done.returncode, len(done.args)) == (0, 2)


@pytest.mark.parametrize("word", ["/bye", "/exit", "/quit"])
def test_a_word_leaves(shell: Shell, word: str) -> None:
    assert len(converse(shell, keys=f"{word}\na\n").args) == 1


def test_an_error_ends_nothing_and_its_question_is_not_said_again(shell: Shell) -> None:
    problem = {"type": "queue-full", "title": "t", "status": 503, "detail": "Too many wait.", "hint": "Later."}
    refused = httpx2.Response(503, json=problem, headers={"content-type": "application/problem+json"})

    done = converse(shell, refused, answer(piece("2"), last()), keys="a\nb\n")

    assert (done.returncode, done.stdout) == (0, "2\n")
    assert "Error: Too many wait." in done.stderr
    assert said(done) == [("user", "b")]


def test_a_text_of_several_lines(shell: Shell) -> None:
    done = converse(shell, answer(last()), answer(last()), keys='"""one\ntwo"""\n"""three"""\n')

    assert said(done, 1) == [("user", "one\ntwo")]
    assert said(done, 2) == [("user", "three")]


def test_commands_that_there_are_and_are_not(shell: Shell) -> None:
    done = converse(shell, keys="/help\n/sing\n")

    assert done.stderr.count("/clear forgets what was said") == 2
    assert "/sing is no command." in done.stderr
    assert len(done.args) == 1
