"""A place to try a model: its script asks ``POST /chat`` and shows what comes. Nothing of it is kept."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.frame import Frame
from steelyard.web.shelf import RunningSource
from steelyard.web.view.chat import choices

_LONGEST = 600  # characters of a reference
_TWINS = (Twin("Models that answer as JSON", "/v1/models"), Twin("Models in memory as JSON", "/api/v1/engines/loaded"))
_CHROME = Chrome("Chat", "chat", twins=_TWINS)


class ChatPage:
    """``/chat?model=``."""

    def __init__(self, source: RunningSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /chat``: any reference can be chosen by the query, also one that the list does not have."""
        try:
            asked = request.query_params.get("model", "").strip()[:_LONGEST]
            known, running = await self._source.known(request), await self._source.running(request)
            found = choices(asked, known, await self._source.elsewhere(request), running)
        except SteelyardError as error:
            return self._frame.failed(request, error)
        return self._frame.page(request, "chat.html", _CHROME, choices=found)
