"""Which file system a place lies on, from the table of mounts."""

from pathlib import Path

import pytest

from steelyard.storage.mounts import file_system

MOUNTS = "\n".join(
    [
        "/dev/sda1 / ext4 rw 0 0", "nas:/models /srv/models nfs4 rw 0 0", "tmpfs /srv/models/fast tmpfs rw 0 0",
        "//box/share /mnt/share cifs rw 0 0", "broken", "",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/models/x", "nfs4"),
        ("/srv/models/fast/y", "tmpfs"),
        ("/srv/modelsx", "ext4"),
        ("/mnt/share", "cifs"),
        ("/home", "ext4"),
    ],
)
def test_the_deepest_mount_counts(path: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert file_system(Path("/srv"), "") is None
