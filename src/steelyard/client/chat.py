# Written by `make sdk` from client/aio/chat.py: edit that.
"""Asking models: whole answers, and answers as they are written."""

from collections.abc import Generator
from typing import Unpack

from steelyard.client.call import Call, shape
from steelyard.client.connection import Connection
from steelyard.client.questions import CHAT, ChatOptions, Messages, broken_off, chat_body, chunk_of, patience_for
from steelyard.client.shapes import ChatAnswer, ChatChunk
from steelyard.client.sse import EventReader


class Chat:
    """``client.chat``. ``messages`` is a text, or messages as in OpenAI's protocol; options are ``ChatOptions``.

    Every method raises NotFound for a model that is not here (``hint`` says how to pull it), and ApiError with status
    408 when the time was over, 400 when the model or its engine cannot do what is asked, 503 when too many wait.
    """

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def ask(self, model: str, messages: Messages, **options: Unpack[ChatOptions]) -> ChatAnswer:
        """The whole answer. Nobody waits for it any more when the connection is closed: generation stops then."""
        body = chat_body(model, messages, options, stream=False)
        return self._wire.send(Call("POST", CHAT, shape(ChatAnswer), json=body, patience=patience_for(options)))

    def stream(
        self, model: str, messages: Messages, **options: Unpack[ChatOptions]
    ) -> Generator[ChatChunk, None, None]:
        """The answer as it is written; ``usage``, ``timings`` and ``notes`` stand in the last chunk, which is ``done``.

        Closed before its end (``contextlib.closing``), it hangs up, and generation stops. An error after the first
        chunk is raised as any other. Raises ServerUnreachable when the stream breaks off.
        """
        body, reader, is_whole = chat_body(model, messages, options, stream=True), EventReader(), False
        with self._wire.stream(CHAT, body=body, silence=patience_for(options)) as pieces:
            for piece in pieces:
                for event in reader.feed(piece):
                    chunk = chunk_of(event)
                    is_whole = chunk["done"]
                    yield chunk
        if not is_whole:
            raise broken_off()

    def load(self, model: str, **options: Unpack[ChatOptions]) -> ChatAnswer:
        """Have a model in memory and ask it nothing; ``done_reason`` is ``load``."""
        return self.ask(model, [], **options)
