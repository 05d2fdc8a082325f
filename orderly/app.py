"""The composition root: everything is made here, once, and joined from top to bottom."""

from collections.abc import Callable, Sequence
from functools import partial

from a2wsgi import WSGIMiddleware
from connexion import ConnexionMiddleware
from prometheus_client import CollectorRegistry

from db import passwords
from orderly.config.application import Application, find_application
from orderly.config.settings import CommandError, Settings
from orderly.contract.model import Contract, load
from orderly.database.database import Database
from orderly.database.migrations import revisions
from orderly.database.readiness import Readiness
from orderly.docs.app import create_pages
from orderly.http.messages import ASGIApp
from orderly.http.problems import Problems
from orderly.lifespan import Lifespan
from orderly.middleware import RequestMiddleware
from orderly.observability.metrics import Metrics
from orderly.observability.readiness import ReadinessCollector
from orderly.observability.saturation import SaturationMetrics
from orderly.pipeline.handler_resolver import HandlerOf, find_handler
from orderly.pipeline.operation import Services
from orderly.pipeline.pagination import CursorSigner
from orderly.pipeline.routing import ContractMiddleware, HandlerResolver
from orderly.pipeline.thread_pool import WorkerPool
from orderly.rate_limiting.limiter import RateLimitStore
from orderly.security.guard import Credentials, Tokens
from orderly.server.shutdown import IsStopping, never
from orderly.validation.schemas import SchemaCompiler


def create_app(
    settings: Settings,
    contract: Contract | None = None,
    handler_of: HandlerOf | None = None,
    inside: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    scripts: Sequence[str] = (),
    counters: RateLimitStore | None = None,
    is_stopping: IsStopping = never,
    application: Application | None = None,
) -> ASGIApp:
    """The service as one ASGI application.

    Args:
        settings: what this process was told.
        contract: what to serve; the application's if left out.
        handler_of: finds the function of an operation, None if there is none; the application's if left out.
        inside: what stands between the edge and everything else; the workbench puts something there.
        scripts: what the docs page has besides its own; the workbench's again.
        counters: what counts for the limits, if they are on; a new one if left out.
        is_stopping: tells whether the service will stop soon.
        application: whose contract and handlers these are; that of the current folder if left out.

    Raises:
        ContractError: the contract cannot be served.
        CommandError: what the settings ask for is not installed.
    """
    application = application or find_application()
    contract = contract or load(application.contract)
    handler_of = handler_of or partial(find_handler, application)
    secret = settings.secret
    threads = settings.threads + passwords.MAX_CONCURRENT_HASHES
    database = Database(settings.database_url, settings.database_replica_url or None, threads=threads)
    workers = WorkerPool(settings.threads)
    hashers = WorkerPool(passwords.MAX_CONCURRENT_HASHES, passwords.MAX_QUEUED_HASHES)
    counters = (counters or RateLimitStore(settings.redis_url)) if settings.rate_limits else None
    readiness = Readiness(database, is_stopping, revisions.known(application.migrations))
    problems = Problems(contract.errors)
    tokens = Tokens(secret)
    services = Services(
        contract=contract,
        handler_of=handler_of,
        database=database,
        validators=SchemaCompiler(contract),
        problems=problems,
        tokens=tokens,
        credentials=Credentials(database, tokens, contract.roles),
        counters=counters,
        cursors=CursorSigner(secret),
        readiness=readiness,
        workers=workers,
        hashers=hashers,
    )
    registry = CollectorRegistry()
    saturation = SaturationMetrics(registry, {"requests": workers, "passwords": hashers}, database.engines, counters)
    metrics = Metrics(registry, saturation, ReadinessCollector(readiness), contract.operations)
    pages = create_pages(contract, application.changes, metrics, settings.metrics_allowed_networks, scripts)
    wsgi = WSGIMiddleware(pages, workers=2)  # type: ignore[arg-type]  # Flask says dict
    connexion = ConnexionMiddleware(wsgi, import_name=__name__, middlewares=[ContractMiddleware])
    connexion.add_api(
        contract.connexion_spec(), base_path=contract.base_path, resolver=HandlerResolver(services), services=services
    )
    # Connexion would build this at the first request; what cannot be built must refuse to start.
    connexion.app, connexion.middleware_stack = connexion._build_middleware_stack()
    edge = RequestMiddleware(
        inside(Lifespan(connexion, database, (workers, hashers), metrics.collect)),
        problems,
        metrics,
        proxies=settings.trusted_proxies,
        origins=settings.cors_origins,
        is_stopping=is_stopping,
    )
    return _traced(edge, database, settings.traces_url) if settings.traces_url else edge


def _traced(app: ASGIApp, database: Database, collector: str) -> ASGIApp:
    try:
        from orderly.observability.tracing import TracingMiddleware  # an extra, and nobody else should wait for it
    except ModuleNotFoundError:
        raise CommandError(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT needs an extra: run `pip install 'orderly-api[traces]'`."
        ) from None
    return TracingMiddleware(app, database, collector)
