"""How blobs come in, and what reports say of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.catalog.models import Entry, EntryName, ModelStatus, Traits, Trash
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.downloads.imports.foretelling import foretell, way_of
from steelyard.downloads.imports.models import FoundFile, FoundModel, FoundRef, FoundRevision, Refusal
from steelyard.downloads.imports.report import Outcome, Way, from_json, to_json, totals
from steelyard.downloads.imports.standing import IN_TRASH, Standing, reason_against
from steelyard.downloads.imports.tally import Tally, total
from steelyard.downloads.meter import Meter
from steelyard.storage.fingerprint import Fingerprint
from steelyard.testing.clock import HandClock

HUB = Path("/store/hub")
ONE, TWO = Digest("sha256", "1" * 64), Digest("git", "2" * 40)
COMMIT = "c" * 40
NAME = EntryName("huggingface", Kind.MODEL, "org/name")
NOON = HandClock().now()


def found(
    path: str = "a", claimed: Digest | None = ONE, *, linkable: bool = True, place: str = "/hf/blob"
) -> FoundFile:
    return FoundFile(path, Path(place), Fingerprint(10, 7, 99), linkable, claimed)


def test_bytes_that_wait_under_one_of_their_names_are_copied() -> None:
    files = (found("a.dat"), found("b.bin"), found("c.dat", TWO))
    model = FoundModel("models--org--name", NAME, (FoundRevision(COMMIT, files),))
    report = foretell(model, Standing(), HUB, copy=False)
    assert (report.bytes_linked, report.bytes_copied) == (10, 10)


@pytest.mark.parametrize(
    ("file", "standing", "copy", "way"),
    [
        (found(), Standing(), False, Way.LINK), (found(), Standing(), True, Way.COPY),
        (found(linkable=False), Standing(), False, Way.COPY),
        (found(), Standing(here=frozenset({ONE})), True, Way.HERE),
        (found(linkable=False), Standing(elsewhere=frozenset({ONE})), True, Way.LINK),
        (found(place="/store/hub/models--x/blobs/1"), Standing(), True, Way.HERE),
        (found(claimed=None), Standing(here=frozenset({ONE})), False, Way.LINK),
        (found("a.bin"), Standing(), False, Way.COPY),
        (found("a.bin", place="/store/hub/models--x/blobs/1"), Standing(), False, Way.COPY),
        (found("a.bin"), Standing(here=frozenset({ONE})), False, Way.HERE),
    ],
)  # fmt: skip
def test_ways(file: FoundFile, standing: Standing, copy: bool, way: Way) -> None:
    assert way_of(file, file.claimed, standing, HUB, copy=copy) is way


def test_a_blob_counts_once_however_many_names_it_has() -> None:
    files = (found("a"), found("b"), found("c", TWO, place="/hf/two"))
    refs = {"main": FoundRef(COMMIT, NOON), "v1": FoundRef("d" * 40, NOON)}
    model = FoundModel("models--org--name", NAME, (FoundRevision(COMMIT, files),), refs)
    report = foretell(model, Standing(), HUB, copy=False)
    assert (report.bytes_linked, report.bytes_copied, report.bytes_here) == (20, 0, 0)
    assert (report.revisions[0].files, report.revisions[0].bytes, report.revisions[0].refs) == (3, 30, ["main"])
    assert report.status is Outcome.IMPORTED
    assert from_json(to_json(report)) == report
    assert totals([report, report])["bytes_linked"] == 40


@pytest.mark.parametrize(
    ("files", "refused", "complete", "status"),
    [
        ((found(),), (), (), Outcome.IMPORTED), ((found(),), (), (COMMIT,), Outcome.HERE),
        ((found(),), (Refusal("b", "why"),), (), Outcome.INCOMPLETE), ((), (Refusal("b", "why"),), (), Outcome.REFUSED),
    ],
)  # fmt: skip
def test_outcomes(
    files: tuple[FoundFile, ...], refused: tuple[Refusal, ...], complete: tuple[str, ...], status: Outcome
) -> None:
    model = FoundModel("x", NAME, (FoundRevision(COMMIT, files, refused),))
    report = foretell(model, Standing(complete=frozenset(complete)), HUB, copy=False)
    assert report.status is status
    assert (report.reason == "b: why") is (status is Outcome.REFUSED)


@pytest.mark.parametrize("status", list(Outcome))
def test_every_outcome_has_a_meaning(status: Outcome) -> None:
    assert status.meaning


def test_bytes_are_known_without_reading_only_by_a_seal_or_a_held_name() -> None:
    sealed = {Fingerprint(10, 7, 99): ONE}
    assert Standing().digest_of(found()) is None
    assert Standing(sealed=sealed).digest_of(found()) == ONE
    assert Standing(sealed=sealed).digest_of(found(claimed=None)) == ONE
    assert Standing(sealed=sealed).digest_of(found(claimed=TWO)) is None
    assert Standing(sealed=sealed).digest_of(found(claimed=None, linkable=False)) is None
    assert Standing(elsewhere=frozenset({TWO})).digest_of(found(claimed=TWO)) == TWO


ENTRY = Entry(
    id=1, name=NAME, title="x", description=None, tags=[], owner=None, active=True, private=False, pinned=False,
    status=ModelStatus.READY, format=None, traits=Traits(), size=0, first_download=None, download_count=0, uses=0,
    first_used_at=None, last_used_at=None, created_at=NOON, trash=None,
)  # fmt: skip


def _against(name: EntryName, entry: Entry) -> str:
    return reason_against(name, [entry]) or ""


def test_what_speaks_against_a_name() -> None:
    folder = replace(NAME, hub="folder")
    assert reason_against(NAME, []) is None
    assert reason_against(NAME, [ENTRY]) is None
    assert "huggingface; import this one's folder alone, under another name (--name)" in _against(folder, ENTRY)
    from_cache = _against(NAME, replace(ENTRY, name=folder))
    assert ("delete that one" in from_cache, "--name" in from_cache) == (True, False)
    assert reason_against(NAME, [replace(ENTRY, trash=Trash(NOON, None, NOON, None))]) == IN_TRASH
    assert reason_against(folder, [replace(ENTRY, trash=Trash(NOON, None, None, NOON))]) is None


def test_progress_counts_each_file_once() -> None:
    clock = HandClock()
    linked, copied = found("a", None, place="/a"), found("b", None, linkable=False, place="/b")
    meter = Meter(clock, total([FoundModel("x", NAME, (FoundRevision(None, (linked, copied)),))]))
    tally = Tally(meter, copy=False)
    assert meter.read().total_bytes == 20
    tally.read(linked, 10)
    tally.read(copied, 10)
    assert (meter.read().downloaded_bytes, meter.read().current_file) == (15, "b")
    tally.copied(copied, 6)
    tally.copied(copied, -6)
    assert meter.read().downloaded_bytes == 15
    tally.done([linked, copied])
    tally.done([copied])
    assert meter.read().downloaded_bytes == 20
