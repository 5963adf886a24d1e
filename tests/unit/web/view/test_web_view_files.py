"""The files of a model as rows."""

from steelyard.testing.pages import fake_model
from steelyard.web.view.files import SHOWN, files


def test_files_say_whether_they_are_here() -> None:
    shown = files(fake_model())
    assert shown.summary == "2 of 3 files here · 64.2 GB"
    assert [row.badge.word for row in shown.rows] == ["here", "here", "not here"]
    assert [row.algorithm for row in shown.rows] == ["SHA-256", "git SHA-1", "SHA-256"]


def test_long_lists_are_cut() -> None:
    file = {"path": "x", "size": 1, "sha256": None, "git_sha1": None, "state": "stored"}
    shown = files(fake_model(files=[file] * (SHOWN + 1200)))
    assert (len(shown.rows), shown.left_out) == (SHOWN, "1,200 more")
    assert shown.rows[0].digest is None


def test_without_files_nothing_is_claimed() -> None:
    assert files(fake_model(files=[])).summary == ""
