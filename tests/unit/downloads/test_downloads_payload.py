"""What makes two requests the same work."""

import json
from dataclasses import replace

import pytest

from steelyard.downloads.models import Wanted
from steelyard.downloads.payload import dedupe_key, from_payload, name_of, to_payload

COMMIT = "a" * 40
WANTED = Wanted("huggingface", "model", "org/name", "main", COMMIT, ("*.json",), ())


def test_it_survives_the_table() -> None:
    assert from_payload(json.loads(json.dumps(to_payload(WANTED)))) == WANTED
    assert str(name_of(replace(WANTED, kind="dataset"))) == "datasets/org/name"


def test_a_job_from_before_there_were_variants_reads_and_keeps_its_key() -> None:
    old = {name: value for name, value in to_payload(WANTED).items() if name != "variant"}
    assert from_payload(json.loads(json.dumps(old))) == WANTED
    assert dedupe_key(WANTED) == f"download:huggingface:model:org/name:{COMMIT}:6fe7b2235f3a8f04"


@pytest.mark.parametrize(
    "same",
    [
        replace(WANTED, revision=COMMIT), replace(WANTED, revision=None),
        replace(WANTED, include=("*.json", "*.json")),
    ],
)  # fmt: skip
def test_the_same_work(same: Wanted) -> None:
    assert dedupe_key(same) == dedupe_key(WANTED)


def test_the_case_of_a_variant_does_not_matter() -> None:
    first, second = replace(WANTED, variant="Q4_K_M"), replace(WANTED, variant="q4_k_m")
    assert dedupe_key(first) == dedupe_key(second) != dedupe_key(replace(WANTED, variant="Q8_0"))


def test_the_order_of_patterns_does_not_matter() -> None:
    assert dedupe_key(replace(WANTED, include=("a", "b"))) == dedupe_key(replace(WANTED, include=("b", "a")))


@pytest.mark.parametrize(
    "other",
    [
        replace(WANTED, hub="http"), replace(WANTED, kind="dataset"), replace(WANTED, repo="org/other"),
        replace(WANTED, commit="b" * 40), replace(WANTED, include=()), replace(WANTED, include=(), exclude=("*.json",)),
        replace(WANTED, commit=None), replace(WANTED, include=("*.json,*.md",)), replace(WANTED, variant="Q4_K_M"),
    ],
)  # fmt: skip
def test_other_work(other: Wanted) -> None:
    assert dedupe_key(other) != dedupe_key(WANTED)


def test_before_the_commit_is_known_the_name_counts() -> None:
    unknown = replace(WANTED, commit=None)
    assert dedupe_key(unknown) == dedupe_key(replace(unknown))
    assert dedupe_key(unknown) != dedupe_key(replace(unknown, revision="v1"))
    assert len(dedupe_key(replace(WANTED, include=("x" * 300,) * 100))) < 200
