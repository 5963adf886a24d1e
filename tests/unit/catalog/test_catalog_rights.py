"""Who may see and change what: in open mode everybody is an administrator."""

from datetime import UTC, datetime

from steelyard.catalog import rights
from steelyard.catalog.models import Entry, EntryName, ModelStatus, Traits
from steelyard.core.ref import Kind
from steelyard.identity.principal import Caller, Principal, PrincipalKind

ALICE, BOB = (
    Caller(Principal(number, PrincipalKind.DECLARED, name, name), "127.0.0.1", "test")
    for number, name in enumerate(("alice", "bob"))
)
PRIVATE = Entry(
    id=1, name=EntryName("huggingface", Kind.MODEL, "org/name"), title="", description=None, tags=[], owner="alice",
    active=True, private=True, pinned=False, status=ModelStatus.READY, format=None, traits=Traits(), size=0,
    first_download=None, download_count=0, uses=0, first_used_at=None, last_used_at=None,
    created_at=datetime(2026, 1, 1, tzinfo=UTC), trash=None,
)  # fmt: skip


def test_everybody_runs_an_open_depot() -> None:
    for caller in (ALICE, BOB):
        assert rights.may_see(PRIVATE, caller)
        assert rights.may_change(PRIVATE, caller)
        assert rights.may_purge(PRIVATE, caller)
        assert rights.viewer(caller) is None
