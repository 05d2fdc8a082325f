"""Traces for OpenTelemetry: a span for each request, and below it one for each question to the database.

Imported where they are wanted only. Nothing in a span is for its sender alone: it has the template of a path, and the
text of a statement without its values. The library's own instrumentation of SQLAlchemy would tell the messages of
errors, which quote values, and would watch every engine of the process.
"""

import asyncio
import os
from collections.abc import Callable
from functools import wraps
from http import HTTPMethod, HTTPStatus
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import bound_contextvars

from orderly.database import timing
from orderly.database.database import Database
from orderly.http.messages import SCOPE_KEY, ASGIApp, Message, Receive, Request, Scope, Send

P = ParamSpec("P")
R = TypeVar("R")

TIMEOUT = 5.0
"""Seconds that a collector may take: one that does not answer must not keep a service from ending."""
STATEMENTS = ("do_execute", "do_executemany")
NO_EXCEPTION_DETAILS: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
"""No message of an exception is told."""


class TracingMiddleware:
    """The service, with spans that are sent to a collector. `OTEL_*` variables say what the settings do not."""

    def __init__(self, app: ASGIApp, database: Database | None, collector: str) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME", "orderly")
        resource = Resource.create({"service.name": name, "service.version": version("orderly-api")})
        self._app = app
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=collector, timeout=TIMEOUT)))
        self._tracer = self._provider.get_tracer("orderly")
        for engine in database.engines.values() if database else ():
            timing.wrap_dialect(engine, _watched(self._tracer, engine.dialect.name))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the one lifespan."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
            return

        async def flushed(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(self._provider.shutdown)  # sends what it still has
            await send(message)

        await self._app(scope, receive, flushed)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        status: int | None = None

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        span = self._tracer.start_span(_method(scope), _sent(scope), SpanKind.SERVER)
        trace_id = format_trace_id(span.get_span_context().trace_id)
        with bound_contextvars(trace_id=trace_id), use_span(span, end_on_exit=True, **NO_EXCEPTION_DETAILS):
            try:
                await self._app(scope, receive, watched)
            finally:
                _describe(span, scope, status)


def _sent(scope: Scope) -> Context:
    """The client's span that this one belongs to, if it sent one (W3C Trace Context, 3.2)."""
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"traceparent"]
    return TraceContextTextMapPropagator().extract({"traceparent": sent} if len(sent) == 1 else {})


def _method(scope: Scope) -> str:
    """Strangers may invent methods (semantic conventions for HTTP, `http.request.method`)."""
    return scope["method"] if scope["method"] in HTTPMethod.__members__ else "_OTHER"


def _describe(span: Span, scope: Scope, status: int | None) -> None:
    """Tell of a request what the log tells of it."""
    request: Request = scope[SCOPE_KEY]
    facts = request.facts
    attributes = {
        "http.request.method": _method(scope),
        "http.route": facts.path,
        "http.response.status_code": status,
        "orderly.request_id": request.id,
        "user.id": facts.user_id,
    }
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})
    span.update_name(facts.operation or _method(scope))
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        span.set_attribute("error.type", str(status or "client_gone"))
        span.set_status(StatusCode.ERROR)


def _watched(tracer: Tracer, system: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """What puts a span around a question to a database, where it belongs to a request."""

    def wrapper(ask: Callable[P, R]) -> Callable[P, R]:
        @wraps(ask)
        def asked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not get_current_span().is_recording():
                return ask(*args, **kwargs)
            name, attributes = _question(ask.__name__, args)
            attributes["db.system.name"] = system
            with tracer.start_as_current_span(
                name, kind=SpanKind.CLIENT, attributes=attributes, **NO_EXCEPTION_DETAILS
            ) as span:
                try:
                    return ask(*args, **kwargs)
                except Exception as error:
                    span.set_attribute("error.type", type(error).__qualname__)
                    span.set_status(StatusCode.ERROR)
                    raise

        return asked

    return wrapper


def _question(question: str, args: tuple[object, ...]) -> tuple[str, dict[str, str]]:
    """The name of a span, and the statement if there is one: it has placeholders where its values are."""
    if question not in STATEMENTS:
        return question.removeprefix("do_").upper(), {}
    statement = str(args[1])
    return statement.split(maxsplit=1)[0], {"db.query.text": statement}
