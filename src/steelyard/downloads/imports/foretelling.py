"""What an import will come to, as far as that can be told without reading the files. Pure.

Where only reading tells what a file is (plain folders), files with the same bytes are counted once for each.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from steelyard.catalog.status import is_pickle
from steelyard.core.digest import Digest
from steelyard.downloads.imports.folder import commit_of
from steelyard.downloads.imports.models import FoundFile, FoundModel, FoundRevision
from steelyard.downloads.imports.report import ModelReport, RevisionReport, Way, begun, ended, refused
from steelyard.downloads.imports.standing import Standing
from steelyard.downloads.payload import DEFAULT_REVISION


def way_of(file: FoundFile, digest: Digest | None, standing: Standing, hub: Path, *, copy: bool) -> Way:
    """How a file's bytes will come in; ``hub`` is the store's own cache, whose files are in already."""
    may_share = not is_pickle(file.path)  # what waits for an administrator is a copy that nobody else can write
    if digest in standing.here or (may_share and file.place.is_relative_to(hub)):
        return Way.HERE
    if digest in standing.elsewhere or (may_share and file.linkable and not copy):
        return Way.LINK
    return Way.COPY


def foretell(found: FoundModel, standing: Standing, hub: Path, *, copy: bool) -> ModelReport:
    """The report of a model before anything is done."""
    if standing.refused is not None:
        return refusal(found, standing.refused)
    if standing.owner is not None:
        found = replace(found, name=standing.owner, refused=None)
    report, counted, is_new = begun(found), set[Digest | Path](), False
    told = []
    for revision in found.revisions:
        for file in sorted(revision.files, key=lambda file: not is_pickle(file.path)):
            digest = standing.digest_of(file) or file.claimed
            if (digest or file.place) not in counted:
                report = report.counted(way_of(file, digest, standing, hub, copy=copy), file.size)
                counted.add(digest or file.place)
        commit = revision.commit or _commit(revision, standing)
        is_new = is_new or commit not in standing.complete
        told.append(revision_report(found, revision, commit, revision.files))
    return ended(report, told, is_new=is_new)


def refusal(found: FoundModel, reason: str) -> ModelReport:
    """The report of a model that cannot be taken."""
    return begun(FoundModel(found.folder, found.name, refused=reason))


def revision_report(
    found: FoundModel, revision: FoundRevision, commit: str | None, files: Iterable[FoundFile]
) -> RevisionReport:
    """One revision, with those of its files that come in."""
    sizes = [file.size for file in files]
    refs = sorted(name for name, ref in found.refs.items() if ref.commit == commit)
    if revision.commit is None:
        refs = [DEFAULT_REVISION]
    return RevisionReport(commit, [] if revision.refused else refs, len(sizes), sum(sizes), refused(revision.refused))


def _commit(revision: FoundRevision, standing: Standing) -> str | None:
    """Of a folder whose files are all known without reading."""
    known = [(file.path, file.size, standing.digest_of(file)) for file in revision.files]
    digests = [(path, size, digest) for path, size, digest in known if digest is not None]
    return commit_of(digests) if len(digests) == len(known) else None
