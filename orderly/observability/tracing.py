"""OpenTelemetry traces: a span per request, a child span per database call.

Imported only with tracing configured. A span has no personal data: the template of a path, and the text of a statement
without its values. OpenTelemetry's instrumentation of SQLAlchemy would record the messages of errors, which quote
values, and would instrument every engine of the process.
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
"""Seconds an export to the collector may take. An unresponsive collector must not delay a shutdown."""
STATEMENTS = ("do_execute", "do_executemany")
NO_EXCEPTION_DETAILS: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
"""Span options that keep the messages of exceptions out of a span."""


class TracingMiddleware:
    """Middleware that sends the spans of a service to a collector.

    The `OTEL_*` environment variables apply besides the settings.
    """

    def __init__(self, app: ASGIApp, database: Database | None, collector: str) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME", "orderly")
        resource = Resource.create({"service.name": name, "service.version": version("orderly-api")})
        self._app = app
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=collector, timeout=TIMEOUT)))
        self._tracer = self._provider.get_tracer("orderly")
        for engine in database.engines.values() if database else ():
            timing.wrap_dialect(engine, _traced(self._tracer, engine.dialect.name))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or the lifespan."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
            return

        async def send_after_flush(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(self._provider.shutdown)  # exports the remaining spans
            await send(message)

        await self._app(scope, receive, send_after_flush)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        status: int | None = None

        async def send_and_record(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        span = self._tracer.start_span(_method(scope), _parent_context(scope), SpanKind.SERVER)
        trace_id = format_trace_id(span.get_span_context().trace_id)
        with bound_contextvars(trace_id=trace_id), use_span(span, end_on_exit=True, **NO_EXCEPTION_DETAILS):
            try:
                await self._app(scope, receive, send_and_record)
            finally:
                _describe(span, scope, status)


def _parent_context(scope: Scope) -> Context:
    """Return the context of the client's span (W3C Trace Context, 3.2)."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"traceparent"]
    return TraceContextTextMapPropagator().extract({"traceparent": values} if len(values) == 1 else {})


def _method(scope: Scope) -> str:
    """Return a known method, or `_OTHER` (semantic conventions for HTTP, `http.request.method`)."""
    return scope["method"] if scope["method"] in HTTPMethod.__members__ else "_OTHER"


def _describe(span: Span, scope: Scope, status: int | None) -> None:
    """Set the attributes of a request's span, as in its log line."""
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


def _traced(tracer: Tracer, system: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a wrapper that traces the database calls of requests."""

    def wrapper(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            if not get_current_span().is_recording():
                return method(*args, **kwargs)
            name, attributes = _call_attributes(method.__name__, args)
            attributes["db.system.name"] = system
            with tracer.start_as_current_span(
                name, kind=SpanKind.CLIENT, attributes=attributes, **NO_EXCEPTION_DETAILS
            ) as span:
                try:
                    return method(*args, **kwargs)
                except Exception as error:
                    span.set_attribute("error.type", type(error).__qualname__)
                    span.set_status(StatusCode.ERROR)
                    raise

        return traced

    return wrapper


def _call_attributes(method: str, args: tuple[object, ...]) -> tuple[str, dict[str, str]]:
    """Return the name of a span, and its statement without values."""
    if method not in STATEMENTS:
        return method.removeprefix("do_").upper(), {}
    statement = str(args[1])
    return statement.split(maxsplit=1)[0], {"db.query.text": statement}
