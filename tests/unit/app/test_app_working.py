"""Who may run a further worker."""

import pytest

from steelyard.settings import BadSettings, load
from steelyard.working import require_shared_database


def test_a_shared_database_takes_further_workers() -> None:
    require_shared_database(load({"DATABASE_URL": "postgresql://db/depot"}).settings)


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": "sqlite:////srv/depot.db"}])
def test_a_sqlite_file_has_one_owner(environ: dict[str, str]) -> None:
    with pytest.raises(BadSettings) as caught:
        require_shared_database(load(environ).settings)
    assert "DATABASE_URL=postgresql://" in (caught.value.hint or "")
    assert caught.value.status == 400
