"""A streamed answer that closes what it is made of, however it ends.

Starlette leaves a generator that it does not read to its end to the garbage collector, and cancels it while it waits
where a client leaves: neither is a moment at which something can be given back for certain.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from steelyard.http.transfer import ClientLeft

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx holds streams back unless told


class Last(bytes):
    """The piece with which an answer is complete for its reader, who may read no further: it goes out as the last
    bytes of the response, after everything is closed and written down."""


class ClosingResponse(StreamingResponse):
    """Sends what a generator yields, and closes it before the last byte goes out; nothing follows a ``Last``.

    It does not listen for the client's leaving: whoever yields does that, or hears it when sending fails.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[str | bytes, None],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """``close`` is called at the end as well, also when the first byte could not be sent and nobody asked for a
        piece."""
        super().__init__(pieces, status_code, {**STREAM_HEADERS, **(headers or {})}, media_type)
        self._pieces = pieces
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all. Raises ClientLeft or ClientDisconnect when sending fails."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self._pieces:
                if isinstance(piece, Last):
                    await self._end()
                    await send({"type": "http.response.body", "body": piece, "more_body": False})
                    return
                data = piece if isinstance(piece, bytes) else piece.encode()
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await self._end()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ClientLeft:  # as our server tells it, and takes it back without a word
            raise
        except OSError as error:
            raise ClientDisconnect from error
        finally:
            await self._end()

    async def _end(self) -> None:
        await self._pieces.aclose()
        if self._close is not None:
            await self._close()
