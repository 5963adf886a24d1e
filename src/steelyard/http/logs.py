"""Logs: for people on a terminal, JSON lines anywhere else. Every line of a request carries its id."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor

from steelyard.http.jsonlines import JsonLines
from steelyard.http.settings import ServerSettings

_CHATTY = ("httpx2", "httpcore2", "huggingface_hub", "alembic", "asyncio", "filelock", "uvicorn", "aiohttp")


_ID_LETTERS = 8


def configure(settings: ServerSettings, stream: TextIO = sys.stderr) -> None:
    """Send every logger of the process to one stream."""
    human = settings.log_format == "human" or (settings.log_format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(human=human, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def formatter(*, human: bool, colors: bool = False) -> logging.Formatter:
    """Turns standard log records into lines; ``extra`` fields and the request id stand in each."""
    if not human:
        return JsonLines()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
    ]
    last: list[Processor] = [_brief, structlog.dev.ConsoleRenderer(colors=colors)]
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, *last])


def _brief(_logger: object, _method: str, line: EventDict) -> EventDict:
    """For eyes: no module names, and the ends of ids, which is where they differ. JSON lines keep them whole."""
    line.pop("logger", None)
    for name in ("request_id", "job_id"):
        if isinstance(line.get(name), str):
            line[name] = line[name][-_ID_LETTERS:]
    return line
