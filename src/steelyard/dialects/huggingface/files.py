"""HEAD and GET of files."""

from collections.abc import Iterable
from concurrent.futures import Executor

from starlette.requests import Request
from starlette.responses import Response

from steelyard.catalog.models import Entry, File
from steelyard.dialects.huggingface.answers import refusal
from steelyard.dialects.huggingface.asked import FileAt
from steelyard.dialects.huggingface.coming import ComingAnswer, PassedAnswer
from steelyard.dialects.huggingface.headers import Headers, content_type, file_headers, notices
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.mirror.models import Named, Placed
from steelyard.downloads.mirror.opening import Here
from steelyard.downloads.mirror.service import Mirror
from steelyard.http.accel import Accel
from steelyard.http.guards import TRUSTED_PEER
from steelyard.http.metrics import WAY
from steelyard.http.pour import FileAnswer
from steelyard.http.ranges import ByteRange, RangeNotSatisfiable, allows_range, matches, parse_range
from steelyard.identity.principal import Caller
from steelyard.usage.note import note

_WHOLE = "whole_file"  # in a request's state: that it gets all of a file though it asked for the rest
# Tags that speak to whoever uses a model, at their terminal.
_NOTICES = {
    "deprecated": "{name} is marked as deprecated in this depot.",
    "leaving soon": "{name} is to leave this depot soon.",
}


class FileCalls:
    """Answers about files."""

    def __init__(self, mirror: Mirror, arrivals: Arrivals, accel: Accel | None, executor: Executor | None) -> None:
        self._mirror = mirror
        self._arrivals = arrivals
        self._accel = accel
        self._executor = executor

    async def answer(self, request: Request, asked: FileAt, caller: Caller) -> Response:
        """HEAD or GET. Raises what the mirror raises."""
        placed = await self._mirror.place(Named(asked.repo, asked.revision), caller, asked.path)
        note(request, model=str(placed.name))
        file = await self._mirror.file(placed, asked.path)
        headers = [*file_headers(file, placed.commit), *notices(_told(placed.entry))]
        if request.method == "HEAD" or matches(request.headers.get("if-none-match"), _etag(file)):
            await self._mirror.touch(placed, caller)
            return _without_body(request, file, headers)
        return await self._bytes(request, placed, file, headers, caller)

    async def _bytes(self, request: Request, placed: Placed, file: File, headers: Headers, caller: Caller) -> Response:
        try:
            part = await self._part(request, file)
        except RangeNotSatisfiable as error:
            return Response(status_code=416, headers={"Content-Range": error.content_range})
        if part is not None and not part.is_open and self._mirror.may_peek(placed, file, part.stop, caller):
            return self._passed(placed, file, part, headers)
        opened = await self._mirror.open(placed, file, caller)
        request.scope.setdefault("state", {})[WAY] = "store" if isinstance(opened, Here) else "coming"
        if isinstance(opened, Here):
            return self._here(opened, file, headers, self._accel_for(request))
        return ComingAnswer(
            file, part, opened.stream, self._arrivals,
            lambda start, stop: self._mirror.passed_through(placed, file, start, stop),
            lambda error: refusal(error, placed.commit), headers, self._executor,
            lambda: self._mirror.is_doubted(file),
        )  # fmt: skip

    def _accel_for(self, request: Request) -> Accel | None:
        """Only where a trusted proxy asks: nobody else would know what to do with such an answer. And not where the
        whole is sent instead of a part: a proxy would obey the client's own wish for a part."""
        state = request.scope.get("state", {})
        return self._accel if state.get(TRUSTED_PEER) and not state.get(_WHOLE) else None

    def _here(self, opened: Here, file: File, headers: Headers, accel: Accel | None) -> Response:
        own = {"etag", "accept-ranges", "content-type"}
        return FileAnswer(
            opened.path, size=file.size, etag=_etag(file), media_type=content_type(file),
            headers={name: value for name, value in headers if name.lower() not in own},
            accel=accel, executor=self._executor,
        )  # fmt: skip

    def _passed(self, placed: Placed, file: File, part: ByteRange, headers: Headers) -> Response:
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        return PassedAnswer(
            file, part.start, part.stop, part,
            lambda start, stop: self._mirror.passed_through(placed, file, start, stop),
            lambda error: refusal(error, placed.commit), raw,
        )  # fmt: skip

    async def _part(self, request: Request, file: File) -> ByteRange | None:
        """The part that is asked for; None for the whole, which whoever may hold wrong bytes gets in any case."""
        part = parse_range(request.headers.get("range"), file.size)
        if part is None or not allows_range(request.headers.get("if-range"), _etag(file)):
            return None
        if part.is_open and part.start and await self._mirror.is_doubted(file):
            request.scope["headers"] = [item for item in request.scope["headers"] if item[0] != b"range"]
            request.scope.setdefault("state", {})[_WHOLE] = True
            return None
        return part


def _etag(file: File) -> str:
    return f'"{file.digest.hex}"'


def _told(entry: Entry | None) -> Iterable[tuple[str, str]]:
    """What the user of a model should know."""
    tags = {tag.casefold().replace("-", " ") for tag in entry.tags} if entry else set()
    for tag, text in _NOTICES.items():
        if entry is not None and tag in tags:
            more = f" {entry.description}" if entry.description else ""
            yield tag, text.format(name=entry.name) + more


def _without_body(request: Request, file: File, headers: Headers) -> Response:
    status = 200 if request.method == "HEAD" else 304
    response = Response(status_code=status)
    response.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    if status == 200:
        response.headers["content-length"] = str(file.size)
    return response
