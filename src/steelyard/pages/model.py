"""What the page of one model shows and does."""

import json
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request

from steelyard.catalog.care.service import CareService, CheckQuery, FindingQuery
from steelyard.catalog.care.verify import VERIFY
from steelyard.catalog.care.views import check_json, finding_json
from steelyard.catalog.changes import ChangeService, ModelChange
from steelyard.catalog.model_stats import ModelStatistics
from steelyard.catalog.models import Entry
from steelyard.catalog.service import CatalogService
from steelyard.catalog.trash import TrashService
from steelyard.catalog.views import model_json
from steelyard.core import ref
from steelyard.core.errors import Invalid
from steelyard.core.ref import Reference
from steelyard.downloads.service import DownloadService
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.views import request_json
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.pages.work import Work
from steelyard.usage.events import EventType
from steelyard.usage.note import note
from steelyard.web.forms import EditForm, items
from steelyard.web.shelf import Deed, ModelState, Weight

_REQUESTS = 8
_FINDINGS = 10
_EVENTS = {
    Deed.DELETE: EventType.MODEL_DELETE, Deed.PURGE: EventType.MODEL_DELETE, Deed.RESTORE: EventType.MODEL_UPDATE,
}  # fmt: skip


class BadChange(Invalid):
    """A field of a model's form cannot be saved as it is."""

    slug = "bad-change"
    title = "This cannot be saved"


class ModelPages:
    """Implements ModelSource."""

    def __init__(
        self,
        catalog: CatalogService,
        changes: ChangeService,
        trash: TrashService,
        care: CareService,
        downloads: DownloadService,
        work: Work,
        people: People,
        numbers: ModelStatistics,
    ) -> None:
        self._numbers = numbers
        self._catalog = catalog
        self._changes = changes
        self._trash = trash
        self._care = care
        self._downloads = downloads
        self._work = work
        self._people = people

    async def model(self, reference: str, request: Request) -> ModelState:
        """One model and what belongs to it, in the trash too. Raises ModelMissing, InvalidReference."""
        caller = await self._people.caller(request.scope)
        card = await self._catalog.get_any(ref.parse(reference), caller)
        commits = [revision.commit for revision in await self._catalog.revisions(card.entry)]
        name = str(card.entry.name)
        count, requests = await self._downloads.list_page(RequestFilter(model=name), _REQUESTS, 0)
        return ModelState(
            model=model_json(card, commits),
            jobs=await self._work.of_model(name),
            requests=[request_json(one) for one in requests],
            request_count=count,
            usage=await self._usage(card.entry, caller),
            **await self._health(card.entry, caller),
        )

    async def weight(self, reference: str, request: Request) -> Weight:
        """What its deletion frees. Raises what TrashService.weigh raises."""
        caller = await self._people.caller(request.scope)
        found = await self._trash.weigh(ref.parse(reference), caller, purge=True)
        return Weight(found.weight.frees, found.weight.shared)

    async def edit(self, reference: str, form: EditForm, request: Request) -> str:
        """Change everything that stands in the form. Raises BadChange, and what ChangeService.change raises."""
        caller = await self._caller(request, form.username, EventType.MODEL_UPDATE)
        entry = await self._changes.change(ref.parse(reference), change_of(form), caller)
        note(request, model=str(entry.name))
        return str(entry.name)

    async def act(self, reference: str, deed: Deed, username: str, request: Request) -> str:
        """Delete, restore, purge or verify. Raises what TrashService and CareService raise."""
        parsed, caller = ref.parse(reference), await self._caller(request, username, _EVENTS.get(deed))
        if deed is Deed.VERIFY:
            name = (await self._care.verify(parsed, caller)).model or reference
        elif deed is Deed.RESTORE:
            name = str((await self._trash.restore(parsed, caller)).name)
        else:
            name = str((await self._trash.delete(parsed, caller, purge=deed is Deed.PURGE)).entry.name)
        note(request, model=name)
        return name

    async def _usage(self, entry: Entry, caller: Caller) -> dict[str, Any] | None:
        """Its numbers of 30 days; nothing of that for the trash."""
        if entry.trash is not None:
            return None
        key = Reference(entry.public_id, entry_key=entry.id)
        _, written = await self._numbers.of(key, self._numbers.statistics.range(), caller, is_all=False)
        found: dict[str, Any] = json.loads(written)
        return found

    async def _health(self, entry: Entry, caller: Caller) -> dict[str, Any]:
        """What is known to be wrong with it and how the last verification went; nothing of that for the trash."""
        if entry.trash is not None:
            return {}
        key = Reference(entry.public_id, entry_key=entry.id)
        _, findings = await self._care.findings(FindingQuery(model=key), caller, _FINDINGS, 0)
        _, checks = await self._care.checks(CheckQuery(VERIFY, key), caller, 1, 0)
        return {
            "findings": [finding_json(finding) for finding in findings],
            "check": check_json(checks[0]) if checks else None,
        }

    async def _caller(self, request: Request, username: str, type: str | None) -> Caller:  # noqa: A002 - the event's own word
        caller = await self._people.caller(request.scope, username or None)
        note(request, type=type, caller=caller)
        return caller


def change_of(form: EditForm) -> ModelChange:
    """The form as the change that the API takes. Raises BadChange."""
    fields: dict[str, Any] = {
        "name": form.name,
        "description": form.description or None,
        "tags": list(items(form.tags)),
        "aliases": list(items(form.aliases)),
        "pinned": form.pinned,
        "private": form.private,
        "status": "active" if form.active else "inactive",
    }
    try:
        return ModelChange.model_validate(fields)
    except ValidationError as error:
        faults = [f"{item['loc'][0]}: {item['msg']}" for item in error.errors(include_input=False, include_url=False)]
        raise BadChange("; ".join(faults), hint="Correct it in the form and save again.") from error
