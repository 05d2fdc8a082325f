"""Structured log on stderr: a line per request or event.

No line contains personal data.
"""

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
"""The `traceparent` header (W3C Trace Context, 3.2.2 and 4.3): versions after 00 may append fields."""
METHODS = frozenset(HTTPMethod)
MAX_EXCEPTION_CHAIN = 8
"""Exceptions logged of a chain; a chain may be circular."""

log = structlog.get_logger(__name__)


def configure(settings: Settings) -> None:
    """Configure logging in this process by the settings."""
    structlog.configure(
        processors=[*_processors(settings.debug), _renderer(settings.log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if settings.debug else logging.INFO),
        logger_factory=lambda *_: _Stderr(sys.stderr),
    )


def logging_config(settings: Settings) -> dict[str, Any]:
    """Return a `logging.config.dictConfig` for the server and the libraries.

    Their lines have the same format as those of the engine.
    """
    formatter = {"()": _formatter, "log_format": settings.log_format, "debug": settings.debug}
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "orderly"}
    statements = {"sqlalchemy.engine": {"level": "INFO"}} if settings.debug else {}
    return {
        "formatters": {"orderly": formatter},
        "handlers": {"orderly": handler},
        "root": {"handlers": ["orderly"], "level": "WARNING"},
        "loggers": {"_granian": {}, **statements},
    }


def log_context(request: Request) -> dict[str, str]:
    """Return the fields of every line about a request."""
    headers = request.headers.get("traceparent", [])
    match = TRACEPARENT.fullmatch(headers[0]) if len(headers) == 1 else None
    return {"request_id": request.id, **({"trace_id": match[2]} if match else {})}


def log_request(request: Request, status: int | None, seconds: float) -> None:
    """Log a finished request.

    `status` is None if the client disconnected before the response. The line has the contract's path template and never
    the query, because their values may be personal. Unknown paths are omitted, because they may hold anything that a
    person pasted into a URL. Unknown methods are omitted, because their length has no limit.
    """
    facts = request.facts
    succeeded = status is not None and status < HTTPStatus.BAD_REQUEST
    log.info(
        "request",
        operation=facts.operation,
        method=request.method if request.method in METHODS else None,
        path=facts.path or (request.path if succeeded else None),
        status=status,
        duration_ms=round(seconds * 1000, 1),
        database_ms=facts.database_ms,
        user_id=facts.user_id,
        **({"deprecated": True} if facts.deprecated else {}),
    )


class _Stderr(structlog.PrintLogger):
    """A logger to stderr that ignores write errors.

    A broken pipe or a full disk must not stop the service.
    """

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
        return structlog.processors.JSONRenderer(
            serializer=lambda *args, **options: orjson.dumps(*args, **options).decode()
        )
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="time")


def _formatter(log_format: str, debug: bool) -> logging.Formatter:
    processors = [ProcessorFormatter.remove_processors_meta, _renderer(log_format)]
    return ProcessorFormatter(foreign_pre_chain=_processors(debug), processors=processors)


def _format_exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Format the traceback and type of an exception, without its message.

    A message may quote values that the caller sent.
    """
    error = line.pop("exc_info", None)
    error = error[1] if isinstance(error, tuple) else sys.exception() if error is True else error
    lines: list[str] = []
    while error is not None and len(lines) < MAX_EXCEPTION_CHAIN:
        lines.insert(0, f"{''.join(format_tb(error.__traceback__))}{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if lines:
        line["exception"] = "\n\nwhich caused\n\n".join(lines)
    return line
