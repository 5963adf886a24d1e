"""Which tests stay on one worker: pytest 9.2 keeps node ids where pytest-xdist 3.8 no longer reaches them, so the marks
``xdist_group`` have no effect, and the folder has to tell."""

from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

GROUPS = ("browser", "chaos")


class ByFolder(LoadGroupScheduling):  # type: ignore[misc]
    """Tests of these folders run one after the other, each folder on one worker; all others where there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid) or str(super()._split_scope(nodeid))


def group_of(nodeid: str) -> str | None:
    """The folder of ``tests`` that a test belongs to, where that stays together."""
    return next((group for group in GROUPS if nodeid.startswith(f"tests/{group}/")), None)


def make_scheduler(config: pytest.Config, log: Any) -> ByFolder | None:
    """The scheduler for ``--dist loadgroup``; None leaves the others to pytest-xdist."""
    return ByFolder(config, log) if config.getvalue("dist") == "loadgroup" else None
