"""Third-party files are those that were published, and nothing came along unlisted."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from steelyard.web import templates

VENDOR = Path(templates.__file__).parent / "static" / "vendor"
PACKAGES = tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8"))["package"]
HASHES = {file["path"]: file["sha256"] for package in PACKAGES for file in package["file"]}


@pytest.mark.parametrize("path", HASHES)
def test_a_file_is_as_published(path: str) -> None:
    assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == HASHES[path]


def test_every_file_is_listed() -> None:
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert present - {"vendor.toml"} == set(HASHES)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: str(package["name"]))
def test_a_package_has_a_version_and_a_licence_with_its_text(package: dict[str, str]) -> None:
    assert package["version"]
    assert package["licence"]
    assert package["licence_file"] in HASHES
