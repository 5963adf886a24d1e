"""Where the clients come from."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.programs import find_client


@pytest.mark.parametrize(("environ", "outcome"), [({}, pytest.skip.Exception), ({"CI": "true"}, pytest.fail.Exception)])
def test_without_its_environment(tmp_path: Path, environ: Mapping[str, str], outcome: type[BaseException]) -> None:
    """People hear what to do; in CI nothing is left out."""
    with pytest.raises(outcome, match="make test-deps"):
        find_client("never-made", tmp_path, "", environ)
