"""The headers that come with a file."""

from email.message import Message

import pytest

from steelyard.dialects.huggingface.headers import content_type, disposition, file_headers, notices
from tests.unit.dialects.huggingface.files_made import COMMIT, git_file, lfs_file


def test_an_lfs_file() -> None:
    file = lfs_file("a/model.safetensors")
    found = dict(file_headers(file, COMMIT))
    assert found["X-Repo-Commit"] == COMMIT
    assert found["ETag"] == found["X-Linked-Etag"] == f'"{file.digest.hex}"'
    assert found["X-Linked-Size"] == "548123560"
    assert found["Accept-Ranges"] == "bytes"
    assert found["Content-Type"] == "application/octet-stream"


def test_a_file_of_git() -> None:
    file = git_file("config.json")
    found = dict(file_headers(file, COMMIT))
    assert found["ETag"] == f'"{file.digest.hex}"'
    assert not [name for name in found if name.startswith("X-Linked")]
    assert found["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["x.html", "x.svg", "x.js", "README.md", "x"])
def test_no_browser_runs_a_file(path: str) -> None:
    assert content_type(git_file(path)) == "text/plain; charset=utf-8"
    assert ("X-Content-Type-Options", "nosniff") in file_headers(git_file(path), COMMIT)


def test_no_header_speaks_of_xet() -> None:
    names = [name.lower() for file in (lfs_file("a"), git_file("b")) for name, _ in file_headers(file, COMMIT)]
    assert not [name for name in names if "xet" in name or name == "link"]


@pytest.mark.parametrize("path", ["a/b.json", 'a/q"uo\\te.json', "a/é ü.json", "x;y=z.json", "'single'.json", "a\r\nb"])
def test_the_name_survives_and_nothing_ends_the_header(path: str) -> None:
    value = disposition(path)
    assert value.isascii()
    assert value.isprintable()
    message = Message()
    message["Content-Disposition"] = value
    assert message.get_content_disposition() == "inline"
    encoded = value.split("filename*=UTF-8''")[1].split(";")[0]
    assert {"'", '"', " "}.isdisjoint(encoded)
    assert value.endswith('"')
    assert value.count('"') == 2


def test_notices_are_one_line_of_ascii_each() -> None:
    found = notices([("removal; soon", "org/name goes on 1 May –\r\nX-Evil: 1 é"), ("quota", "x" * 900)])
    assert found[0] == ("X-HF-Warning", "removal, soon; org/name goes on 1 May - X-Evil: 1 ?")
    assert found[1][1].startswith("quota; xxx")
    assert len(found[1][1]) < 500
