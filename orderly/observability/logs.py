"""The log: one line on stderr for each request and each fact, with nothing in it that is for its sender alone."""

import logging
import re
import sys
from contextlib import suppress
from http import HTTPMethod, HTTPStatus
from traceback import format_tb
from typing import Any

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from orderly.config.settings import Settings
from orderly.http.messages import Request

TRACEPARENT = re.compile(
    r"(?:00|((?!00|ff)[0-9a-f]{2}))-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?(1)(?:-.*)?)"
)
"""W3C Trace Context, 3.2.2 and 4.3: versions after 00 may add fields at the end."""
METHODS = frozenset(HTTPMethod)
MAX_EXCEPTION_CHAIN = 8
"""How many errors of a chain are told: one that leads in a circle has no end."""

log = structlog.get_logger(__name__)


def configure(settings: Settings) -> None:
    """Log in this process as the settings say."""
    structlog.configure(
        processors=[*_processors(settings.debug), _renderer(settings.log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if settings.debug else logging.INFO),
        logger_factory=lambda *_: _Stderr(sys.stderr),
    )


def logging_config(settings: Settings) -> dict[str, Any]:
    """What `logging.config.dictConfig` needs, so that the server and the libraries log in the same shape."""
    formatter = {"()": _formatter, "log_format": settings.log_format, "debug": settings.debug}
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "ours"}
    statements = {"sqlalchemy.engine": {"level": "INFO"}} if settings.debug else {}
    return {
        "formatters": {"ours": formatter},
        "handlers": {"ours": handler},
        "root": {"handlers": ["ours"], "level": "WARNING"},
        "loggers": {"_granian": {}, **statements},
    }


def log_context(request: Request) -> dict[str, str]:
    """What every line about a request tells: its id, and that of the trace it is part of."""
    sent = request.headers.get("traceparent", [])
    found = TRACEPARENT.fullmatch(sent[0]) if len(sent) == 1 else None
    return {"request_id": request.id, **({"trace_id": found[2]} if found else {})}


def log_request(request: Request, status: int | None, seconds: float) -> None:
    """The line of a request that has ended; without a status if its client was gone before.

    It has the contract's template of the path, and never the query: what is filled in there may be personal. A path
    that leads nowhere is not told: people paste the strangest things into URLs. Nor is a method that nobody knows,
    which may be as long as a stranger likes.
    """
    facts = request.facts
    found = status is not None and status < HTTPStatus.BAD_REQUEST
    log.info(
        "request",
        operation=facts.operation,
        method=request.method if request.method in METHODS else None,
        path=facts.path or (request.path if found else None),
        status=status,
        duration_ms=round(seconds * 1000, 1),
        database_ms=facts.database_ms,
        user_id=facts.user_id,
        **({"deprecated": True} if facts.deprecated else {}),
    )


class _Stderr(structlog.PrintLogger):
    """Writes lines; a pipe that is broken or a disk that is full is no reason not to serve."""

    def msg(self, message: str) -> None:
        """Write one line."""
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = msg


def _processors(debug: bool) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info if debug else _format_exception,
    ]


def _renderer(log_format: str) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(serializer=lambda *given, **how: orjson.dumps(*given, **how).decode())
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="time")


def _formatter(log_format: str, debug: bool) -> logging.Formatter:
    processors = [ProcessorFormatter.remove_processors_meta, _renderer(log_format)]
    return ProcessorFormatter(foreign_pre_chain=_processors(debug), processors=processors)


def _format_exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Where an error was raised and what kind it is, without its message: that may quote what a caller sent."""
    error = line.pop("exc_info", None)
    error = error[1] if isinstance(error, tuple) else sys.exception() if error is True else error
    lines: list[str] = []
    while error is not None and len(lines) < MAX_EXCEPTION_CHAIN:
        lines.insert(0, f"{''.join(format_tb(error.__traceback__))}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        line["exception"] = "\n\nwhich led to\n\n".join(lines)
    return line
