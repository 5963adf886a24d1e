"""What is judged from a look at a folder and from what the tables believe; nothing here touches a disk."""

from dataclasses import replace
from pathlib import Path

from steelyard.catalog.care.judge import judge, judge_quarantine, shows
from steelyard.catalog.care.models import Problem
from steelyard.catalog.care.records import Believed, Record
from steelyard.catalog.models import EntryName, FileState
from steelyard.core.ref import Kind
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.links import beside
from steelyard.storage.survey import RepositorySurvey, Shown

FOLDER, COMMIT, OTHER = "hub/models--org--name", "c" * 40, "d" * 40
BLOB, SECOND = "a" * 64, "b" * 64
FILE = Fingerprint(100, 7, 1_000)
STARTED = 10_000
LINK = Shown(is_link=True, blob=BLOB, file=None)


def believed(path: str = "model.bin", state: FileState = FileState.STORED, blob: str = BLOB) -> Believed:
    """A file of 100 bytes, sealed as it lies there."""
    return Believed(1, COMMIT, path, f"sha256:{blob}", 100, state, FILE)


def record(*files: Believed, is_moving: bool = False) -> Record:
    """An entry with one revision."""
    name = EntryName("huggingface", Kind.MODEL, "org/name")
    return Record(5, name, is_moving, commits={COMMIT}, files=list(files))


def survey() -> RepositorySurvey:
    """All as it should be."""
    return RepositorySurvey({BLOB: FILE}, {COMMIT: {"model.bin": LINK}}, {"main": COMMIT})


def test_all_is_well() -> None:
    found = judge(FOLDER, survey(), [record(believed())], STARTED)
    assert (found.right, found.losses, found.doubts, found.strays) == (1, [], [], [])


def test_a_blob_that_two_names_show_counts_once() -> None:
    looked = survey()
    looked.snapshots[COMMIT]["copy.bin"] = LINK
    found = judge(FOLDER, looked, [record(believed(), believed("copy.bin"))], STARTED)
    assert (found.right, found.losses, found.strays) == (1, [], [])


def test_a_folder_that_is_gone_is_one_loss() -> None:
    found = judge(FOLDER, None, [record(believed(), believed("other.bin", blob=SECOND))], STARTED)
    (loss,) = found.losses
    assert (loss.problem, loss.path, loss.size) == (Problem.MISSING, FOLDER, 200)
    assert (loss.digest, loss.revision, loss.names) == (None, None, ())


def test_a_folder_in_which_nothing_should_be_may_be_gone() -> None:
    assert judge(FOLDER, None, [record(believed(state=FileState.LISTED))], STARTED).losses == []


def test_a_blob_that_is_gone_is_one_loss_for_all_its_names() -> None:
    looked = replace(survey(), blobs={})
    (loss,) = judge(FOLDER, looked, [record(believed(), believed("copy.bin"))], STARTED).losses
    assert (loss.problem, loss.path) == (Problem.MISSING, f"{FOLDER}/blobs/{BLOB}")
    assert loss.digest is not None


def test_what_does_not_look_as_it_was_sealed_must_be_read() -> None:
    for changed in (FILE._replace(inode=8), FILE._replace(mtime_ns=1_001), FILE._replace(size=99)):
        found = judge(FOLDER, replace(survey(), blobs={BLOB: changed}), [record(believed())], STARTED)
        assert [doubt.path for doubt in found.doubts] == ["model.bin"]
        assert (found.right, found.losses) == (0, [])


def test_what_nobody_sealed_must_be_read() -> None:
    assert len(judge(FOLDER, survey(), [record(believed()._replace(seal=None))], STARTED).doubts) == 1


def test_a_snapshot_that_is_gone_is_one_loss() -> None:
    (loss,) = judge(FOLDER, replace(survey(), snapshots={}), [record(believed(), believed("b"))], STARTED).losses
    assert (loss.problem, loss.path, loss.revision, loss.names) == (
        Problem.MISSING, f"{FOLDER}/snapshots/{COMMIT}", 1, (),
    )  # fmt: skip


def test_a_name_that_is_gone_is_a_loss_of_that_name() -> None:
    (loss,) = judge(FOLDER, replace(survey(), snapshots={COMMIT: {}}), [record(believed())], STARTED).losses
    assert (loss.problem, loss.names) == (Problem.MISSING, ("model.bin",))


def test_another_file_under_the_name_is_a_damage() -> None:
    looked = replace(survey(), snapshots={COMMIT: {"model.bin": Shown(False, None, Fingerprint(100, 9, 5_000))}})
    (loss,) = judge(FOLDER, looked, [record(believed())], STARTED).losses
    assert (loss.problem, loss.names) == (Problem.DAMAGED, ("model.bin",))


def test_hard_links_and_copies_of_ours_show_the_blob() -> None:
    assert shows(LINK, BLOB, FILE)
    assert not shows(Shown(True, SECOND, None), BLOB, FILE)
    assert shows(Shown(False, None, FILE), BLOB, FILE)
    assert shows(Shown(False, None, FILE._replace(inode=8)), BLOB, FILE)
    assert not shows(Shown(False, None, FILE._replace(inode=8, mtime_ns=5)), BLOB, FILE)
    assert not shows(Shown(True, None, None), BLOB, FILE)


def test_entries_at_work_are_left_alone() -> None:
    looked = RepositorySurvey({SECOND: FILE}, {}, {"main": OTHER})
    found = judge(FOLDER, looked, [record(believed(), is_moving=True)], STARTED)
    assert (found.losses, found.doubts, found.strays) == ([], [], [])


def test_nobody_is_called_a_stranger_while_an_import_is_at_work() -> None:
    looked = RepositorySurvey({SECOND: FILE}, {}, {})
    importing = record(believed())
    importing.is_filling = True
    found = judge(FOLDER, looked, [importing], STARTED)
    assert (len(found.losses), found.strays) == (1, [])


def test_what_came_after_the_scan_began_is_left_alone() -> None:
    looked = survey()
    looked.blobs[SECOND] = Fingerprint(1, 2, STARTED)
    assert judge(FOLDER, looked, [record(believed())], STARTED).strays == []
    assert len(judge(FOLDER, looked, [record(believed())], STARTED + 1).strays) == 1


def test_strangers_are_told_apart() -> None:
    looked = survey()
    looked.blobs |= {f"{SECOND}.incomplete": FILE, SECOND: FILE, beside(Path(SECOND)).name: FILE}
    looked.snapshots[COMMIT] |= {
        "gone": Shown(True, "nothing", None), "astray": Shown(True, None, None), "mine": Shown(False, None, FILE),
        "again": LINK,
    }  # fmt: skip
    looked.snapshots[OTHER] = {"model.bin": LINK}
    looked.refs |= {"new": OTHER, "lost": "f" * 40}
    looked.others |= {"more/notes": FILE, "late": FILE._replace(mtime_ns=STARTED), beside(Path("x")).name: FILE}
    found = judge(FOLDER, looked, [record(believed())], STARTED)
    assert sorted((stray.problem, stray.path.removeprefix(f"{FOLDER}/")) for stray in found.strays) == sorted([
        (Problem.UNFINISHED, f"blobs/{SECOND}.incomplete"),
        (Problem.FOREIGN_FILE, f"blobs/{SECOND}"),
        (Problem.DANGLING_LINK, f"snapshots/{COMMIT}/gone"),
        (Problem.DANGLING_LINK, f"snapshots/{COMMIT}/astray"),
        (Problem.FOREIGN_FILE, f"snapshots/{COMMIT}/mine"),
        (Problem.FOREIGN_FILE, f"snapshots/{COMMIT}/again"),
        (Problem.FOREIGN_FILE, f"snapshots/{OTHER}"),
        (Problem.FOREIGN_FILE, "more/notes"),
        (Problem.STRAY_REF, "refs/lost"),
    ])  # fmt: skip
    assert (found.right, found.losses) == (1, [])


def test_our_own_link_to_a_blob_that_is_gone_is_no_stranger() -> None:
    looked = RepositorySurvey({}, {COMMIT: {"model.bin": LINK}}, {})
    assert judge(FOLDER, looked, [record(believed(state=FileState.LISTED))], STARTED).strays == []


def test_two_entries_may_share_a_folder() -> None:
    looked = survey()
    looked.blobs[SECOND] = FILE
    looked.snapshots[COMMIT]["second.bin"] = Shown(True, SECOND, None)
    both = [record(believed()), record(believed("second.bin", blob=SECOND))]
    found = judge(FOLDER, looked, both, STARTED)
    assert (found.right, found.losses, found.strays) == (2, [], [])


def test_the_quarantine() -> None:
    waiting = record(believed(state=FileState.QUARANTINED))
    name = f"sha256-{BLOB}"
    assert judge_quarantine([waiting], {name: FILE}).right == 1
    assert judge_quarantine([waiting], {}).losses[0].state is FileState.QUARANTINED
    assert judge_quarantine([waiting], {name: FILE._replace(size=9)}).doubts[0].place == f".steelyard/quarantine/{name}"
