"""The composition root, where every part of the service is created."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from a2wsgi import WSGIMiddleware
from connexion import ConnexionMiddleware
from flask import Flask
from prometheus_client import CollectorRegistry

from orderly.config.application import Application
from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.contract.model import Contract, load
from orderly.database.database import Database
from orderly.database.migrations import revisions
from orderly.database.readiness import Readiness
from orderly.docs.app import create_pages
from orderly.http.messages import ASGIApp
from orderly.http.problems import ProblemRenderer
from orderly.lifespan import Lifespan
from orderly.middleware import RequestMiddleware
from orderly.observability.metrics import Metrics
from orderly.observability.readiness import ReadinessCollector
from orderly.observability.saturation import SaturationMetrics
from orderly.pipeline.handler_resolver import HandlerResolver
from orderly.pipeline.handlers import Handlers
from orderly.pipeline.operation import Dependencies
from orderly.pipeline.pagination import CursorSigner
from orderly.pipeline.routing import ConnexionResolver, ContractMiddleware
from orderly.pipeline.thread_pool import PASSWORD_QUEUE, PASSWORD_THREADS, WorkerPool
from orderly.rate_limiting.limiter import RateLimitStore
from orderly.security.caller import Roles
from orderly.validation.schemas import SchemaCompiler

Middleware = Callable[[ASGIApp], ASGIApp]


@dataclass(frozen=True, slots=True)
class Extras:
    """Additions of the developer tools to an application."""

    wrap: Middleware = lambda app: app
    """A middleware inside of the request middleware."""
    scripts: Sequence[str] = ()
    """Additional scripts of the documentation page."""
    rate_limit_store: RateLimitStore | None = None
    """The store of the rate limits, where the tools reset it; the settings' own if None."""


def create_app(
    settings: Settings,
    application: Application,
    contract: Contract | None = None,
    resolver: HandlerResolver | None = None,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    extras: Extras = Extras(),  # frozen
) -> ASGIApp:
    """Return the service as one ASGI application.

    Args:
        settings: the settings of this process.
        application: the application to serve.
        contract: the contract; the application's if left out.
        resolver: finds the handlers and authenticators; those of the application if left out.
        is_stopping: returns whether the service is about to stop.
        extras: additions of the developer tools.

    Raises:
        ContractError: the contract cannot be served.
        CommandError: the settings require a package that is not installed.
    """
    contract = contract or load(application.contract)
    resolver = resolver or HandlerResolver(application)
    database = _open_database(settings)
    readiness = Readiness(database, is_stopping, revisions.known(application.migrations))
    dependencies = _create_dependencies(settings, contract, resolver, database, readiness, extras)
    metrics = _create_metrics(contract, dependencies, readiness)
    pages = create_pages(contract, application.changes, metrics, settings.metrics_allowed_networks, extras.scripts)
    pools = (dependencies.workers, dependencies.password_workers)
    middlewares: list[Middleware] = [  # the outermost first
        *([_tracing(database, settings.traces_url)] if settings.traces_url else []),
        partial(
            RequestMiddleware,
            problems=dependencies.problems,
            metrics=metrics,
            proxies=settings.trusted_proxies,
            origins=settings.cors_origins,
            is_stopping=is_stopping,
        ),
        extras.wrap,
        partial(Lifespan, database=database, pools=pools, collect=metrics.collect),
    ]
    return reduce(lambda app, middleware: middleware(app), reversed(middlewares), _create_api(dependencies, pages))


def _open_database(settings: Settings) -> Database | None:
    if not settings.database_url:
        return None
    threads = settings.threads + PASSWORD_THREADS
    return Database(settings.database_url, settings.database_replica_url or None, threads=threads)


def _create_dependencies(
    settings: Settings,
    contract: Contract,
    resolver: HandlerResolver,
    database: Database | None,
    readiness: Readiness,
    extras: Extras,
) -> Dependencies:
    services: dict[type, Any] = {Settings: settings, Readiness: readiness, Roles: Roles(contract.roles)}
    if database is not None:
        services[Database] = database
    store = (extras.rate_limit_store or RateLimitStore(settings.redis_url)) if settings.rate_limits else None
    return Dependencies(
        contract=contract,
        handlers=Handlers(contract, resolver, services),
        database=database,
        schemas=SchemaCompiler(contract),
        problems=ProblemRenderer(contract.errors),
        rate_limit_store=store,
        cursor_signer=CursorSigner(settings.secret),
        workers=WorkerPool(settings.threads),
        password_workers=WorkerPool(PASSWORD_THREADS, PASSWORD_QUEUE),
    )


def _create_metrics(contract: Contract, dependencies: Dependencies, readiness: Readiness) -> Metrics:
    registry = CollectorRegistry()
    pools = {"requests": dependencies.workers, "passwords": dependencies.password_workers}
    engines = dependencies.database.engines if dependencies.database else {}
    saturation = SaturationMetrics(registry, pools, engines, dependencies.rate_limit_store)
    return Metrics(registry, saturation, ReadinessCollector(readiness), contract.operations)


def _create_api(dependencies: Dependencies, pages: Flask) -> ASGIApp:
    """Return the API. Requests outside of its base path are passed to the pages."""
    contract = dependencies.contract
    wsgi = WSGIMiddleware(pages, workers=2)  # type: ignore[arg-type]  # Flask annotates dict
    connexion = ConnexionMiddleware(wsgi, import_name=__name__, middlewares=[ContractMiddleware])
    resolver = ConnexionResolver(dependencies)
    connexion.add_api(
        contract.connexion_spec(), base_path=contract.base_path, resolver=resolver, dependencies=dependencies
    )
    # Connexion would build its middleware at the first request. An error must fail the start instead.
    connexion.app, connexion.middleware_stack = connexion._build_middleware_stack()
    app: ASGIApp = connexion
    return app


def _tracing(database: Database | None, collector: str) -> Middleware:
    try:
        from orderly.observability.tracing import TracingMiddleware  # an extra, whose import takes time
    except ModuleNotFoundError:
        raise CommandError(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT requires an extra. Run `pip install 'orderly-api[traces]'`."
        ) from None
    return partial(TracingMiddleware, database=database, collector=collector)
