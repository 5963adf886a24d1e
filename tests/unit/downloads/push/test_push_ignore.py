"""Which files a .gitignore keeps out, as git itself would."""

import shutil
import subprocess
from pathlib import Path

import pytest

from steelyard.downloads.push.ignore import Ignored

RULES = """
# a comment
*.log
!keep.log
/only-here.txt
build/
docs/*.tmp
a/**/b
cache/**
**/deep.txt
data?.csv
[abc].md
\\#odd
trailing/
"""
PATHS = (
    "x.log", "keep.log", "sub/x.log", "sub/keep.log", "only-here.txt", "sub/only-here.txt", "build/x", "sub/build/x",
    "build", "docs/x.tmp", "docs/sub/x.tmp", "a/b", "a/x/b", "a/x/y/b", "b", "cache/x", "cache/x/y", "deep.txt",
    "p/q/deep.txt", "data1.csv", "data12.csv", "a.md", "d.md", "sub/b.md", "#odd", "trailing/keep.log", "plain.bin",
)  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="git is what this is compared with")
def test_it_says_what_git_says(tmp_path: Path) -> None:
    git = str(shutil.which("git"))
    subprocess.run([git, "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(RULES)
    asked = "\n".join(PATHS)
    done = subprocess.run(
        [git, "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin"], input=asked,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ignored = Ignored(RULES)
    assert {path for path in PATHS if path in ignored} == {
        line.strip('"').replace("\\\\", "\\") for line in done.stdout.splitlines()
    }


def test_without_rules_nothing_is_ignored() -> None:
    assert "x.log" not in Ignored()


@pytest.mark.parametrize("broken", ["[", "[z-a]x", "!", "/", "*" * 600, "a//b"])
def test_a_rule_that_is_none_keeps_nothing_out(broken: str) -> None:
    assert "plain.bin" not in Ignored(f"{broken}\nother")


def test_no_pattern_takes_for_ever() -> None:
    assert "a" * 255 not in Ignored("*a" * 100 + "b\n" + "**/" * 90 + "b")
