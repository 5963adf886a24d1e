"""Compares what lies in a folder with what the catalog believes. Pure: looks in, judgement out.

A loss is something believed that is not so; a doubt is a file that does not look as it did when its hash was right, so
somebody must read it; a stray is something that nobody believes in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from steelyard.catalog.care.models import Loss, Problem, Stray
from steelyard.catalog.care.records import Believed, Record
from steelyard.catalog.care.strays import strays
from steelyard.catalog.care.wrong import Suspect
from steelyard.catalog.models import FileState
from steelyard.core.digest import Digest
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.survey import RepositorySurvey, Shown


@dataclass(slots=True)
class Judgement:
    """About one folder; ``right`` blobs look as they did when their hashes were right."""

    right: int = 0
    losses: list[Loss] = field(default_factory=list)
    doubts: list[Suspect] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)


def judge(folder: str, survey: RepositorySurvey | None, records: Sequence[Record], started_ns: int) -> Judgement:
    """Judge a ``folder`` of these entries, relative to the store; ``survey`` is None when it is not there.

    Entries that a job is at work for are left alone, and files written after ``started_ns``: they come next time.
    """
    found = Judgement()
    for record in records:
        if not record.is_moving:
            _judge_entry(found, folder, survey, record)
    if survey is not None and not any(record.is_moving or record.is_filling for record in records):
        found.strays += strays(folder, survey, records, started_ns)
    return found


def judge_quarantine(records: Iterable[Record], there: Mapping[str, Fingerprint]) -> Judgement:
    """Compare what waits in quarantine with the files there, which are known by their names."""
    found = Judgement()
    for record in records:
        waiting = {file.digest: file for file in record.having(FileState.QUARANTINED)}
        for file in waiting.values() if not record.is_moving else ():
            suspect = suspect_of(record, file)
            seen = there.get(suspect.place.rpartition("/")[2])
            if seen is None:
                found.losses.append(suspect.loss(None))
            elif seen.size != file.size:
                found.doubts.append(suspect)
            else:
                found.right += 1
    return found


def _judge_entry(found: Judgement, folder: str, survey: RepositorySurvey | None, record: Record) -> None:
    stored = record.having(FileState.STORED)
    if survey is None:
        if stored:
            size = sum({file.digest: file.size for file in stored}.values())
            detail = f"The folder is gone with all {len(stored)} files."
            found.losses.append(Loss(record.entry, Problem.MISSING, folder, detail, size))
        return
    bad = _judge_blobs(found, survey, record, stored)
    visible = [file for file in stored if file.digest not in bad]
    by_commit: dict[str, list[Believed]] = {}
    for file in visible:
        by_commit.setdefault(file.commit, []).append(file)
    for commit, files in by_commit.items():
        found.losses += _unseen(folder, survey, record, commit, files)


def _judge_blobs(found: Judgement, survey: RepositorySurvey, record: Record, stored: Sequence[Believed]) -> set[str]:
    """Judges each blob once; returns the digests of those that are gone."""
    bad: set[str] = set()
    for digest, file in {file.digest: file for file in stored}.items():
        seen = survey.blobs.get(file.blob)
        if seen is None:
            found.losses.append(suspect_of(record, file).loss(None))
            bad.add(digest)
        elif seen.size != file.size or file.seal != seen:
            found.doubts.append(suspect_of(record, file))
        else:
            found.right += 1
    return bad


def suspect_of(record: Record, file: Believed) -> Suspect:
    """The blob of a file that is believed in."""
    digest = Digest.parse(file.digest)
    return Suspect(record.entry, record.name, digest, file.size, file.path, file.state, record.private)


def _unseen(
    folder: str, survey: RepositorySurvey, record: Record, commit: str, files: Sequence[Believed]
) -> Iterator[Loss]:
    """Names that a snapshot should show and does not. The bytes are here: the next pull links them again."""
    revision, place = files[0].revision, f"{folder}/snapshots/{commit}"
    shown = survey.snapshots.get(commit)
    if shown is None:
        detail = f"The snapshot is gone with {len(files)} names."
        yield Loss(record.entry, Problem.MISSING, place, detail, revision=revision)
        return
    for file in files:
        name = shown.get(file.path)
        if name is None:
            problem, detail = Problem.MISSING, f"{file.path} is not shown any more."
        elif not shows(name, file.blob, survey.blobs[file.blob]):
            problem, detail = Problem.DAMAGED, f"Something else stands under the name {file.path}."
        else:
            continue
        yield Loss(record.entry, problem, f"{place}/{file.path}", detail, revision=revision, names=(file.path,))


def shows(name: Shown, expected: str, blob: Fingerprint) -> bool:
    """Whether a name in a snapshot gives a reader this blob: a link, a hard link, or a copy of ours."""
    if name.blob is not None:
        return name.blob == expected
    if name.file is None:
        return False
    return name.file.inode == blob.inode or (name.file.size, name.file.mtime_ns) == (blob.size, blob.mtime_ns)
