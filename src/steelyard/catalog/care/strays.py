"""What lies in a known folder that nobody believes in. Pure. Whoever put it there may need it: it is only reported."""

from collections.abc import Iterator, Sequence

from steelyard.catalog.care.models import Problem, Stray
from steelyard.catalog.care.records import Record
from steelyard.catalog.models import FileState
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.links import is_temporary
from steelyard.storage.survey import RepositorySurvey, Shown

_UNFINISHED = ".incomplete"  # how the Hugging Face library names what it has not finished
_NO_PLACE = "It is in no place where a cache keeps something."


def strays(folder: str, survey: RepositorySurvey, records: Sequence[Record], started_ns: int) -> Iterator[Stray]:
    """What lies in a ``folder``, relative to the store, and is not of these entries; what came after ``started_ns`` is
    left out."""
    ours = {file.blob for record in records for file in record.having(FileState.STORED)}
    entry = records[0].entry
    for name, file in survey.blobs.items():
        if name not in ours and file.mtime_ns < started_ns and not is_temporary(name):
            yield _foreign_blob(f"{folder}/blobs/{name}", name, file, records)
    for commit, shown in survey.snapshots.items():
        place = f"{folder}/snapshots/{commit}"
        if any(commit in record.commits for record in records):
            yield from _foreign_names(place, commit, survey, shown, records, started_ns)
        else:
            size = sum(name.file.size for name in shown.values() if name.file and not name.is_link)
            yield Stray(Problem.FOREIGN_FILE, place, f"A revision with {len(shown)} names.", entry, size)
    for ref, commit in survey.refs.items():
        known = commit in survey.snapshots or any(commit in record.commits for record in records)
        if not known and not is_temporary(ref.rpartition("/")[2]):
            detail = f"It names {commit[:60]!r}."
            yield Stray(Problem.STRAY_REF, f"{folder}/refs/{ref}", detail, entry)
    for path, file in survey.others.items():
        if file.mtime_ns < started_ns and not is_temporary(path.rpartition("/")[2]):
            yield Stray(Problem.FOREIGN_FILE, f"{folder}/{path}", _NO_PLACE, entry, file.size)


def _foreign_blob(place: str, name: str, file: Fingerprint, records: Sequence[Record]) -> Stray:
    entry = records[0].entry
    if name.endswith(_UNFINISHED):
        return Stray(Problem.UNFINISHED, place, "No program of the depot began this download.", entry, file.size)
    listed = next((one for record in records for one in record.files if one.blob == name), None)
    if listed is None:
        return Stray(Problem.FOREIGN_FILE, place, "No known revision has a file of that hash.", entry, file.size)
    what = "waits in quarantine" if listed.state is FileState.QUARANTINED else "nobody asked the depot for"
    return Stray(Problem.FOREIGN_FILE, place, f"By its name it is {listed.path}, which {what}.", entry, file.size)


def _foreign_names(
    place: str,
    commit: str,
    survey: RepositorySurvey,
    shown: dict[str, Shown],
    records: Sequence[Record],
    started_ns: int,
) -> Iterator[Stray]:
    """Names in a known snapshot that the depot did not put there."""
    listed = {file.path: file for record in records for file in record.files if file.commit == commit}
    stored = {file.blob for record in records for file in record.having(FileState.STORED)}
    entry = records[0].entry
    for path, name in shown.items():
        file = listed.get(path)
        if file is not None and (file.state is FileState.STORED or name.blob == file.blob):
            continue  # believed in and judged above, or the right link to a blob that has a finding of its own
        if is_temporary(path.rpartition("/")[2]):
            continue
        if name.is_link and name.file is None and name.blob not in survey.blobs:
            yield Stray(Problem.DANGLING_LINK, f"{place}/{path}", "It points to nothing.", entry)
        elif name.blob is None and name.file is not None and name.file.mtime_ns < started_ns:
            yield Stray(
                Problem.FOREIGN_FILE, f"{place}/{path}", "The depot did not put it there.", entry, name.file.size
            )
        elif name.blob in stored:
            yield Stray(Problem.FOREIGN_FILE, f"{place}/{path}", "A further name of a file that is here.", entry)
